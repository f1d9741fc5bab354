import assert from "node:assert/strict";
import test from "node:test";
import { AlarmBook, colourOf, isUnseen, movesOf, spansOf } from "../../custom_components/god_kaiser/frontend/controllers/alarm-book.js";

const alarm = (state, changes = {}) => ({
  alarm_id: state,
  state,
  priority: "high",
  is_present: true,
  is_latched: false,
  can_be_shelved_for: 8 * 3600,
  ...changes,
});
const told = (entry_id, ...alarms) => ({ event_type: "alarms_state", data: { entry_id, alarms } });

test("the alarms of each hub are those that were told last, by who has to do something", () => {
  const book = new AlarmBook();
  book.apply(told("a", alarm("unacknowledged")));
  book.apply(
    told("a", alarm("returned"), alarm("acknowledged"), alarm("latched"), alarm("shelved"), alarm("suppressed"), alarm("latched_unacknowledged")),
  );
  const states = (alarms) => alarms.map(({ state }) => state);
  const { asking, known, aside } = book.of("a");
  assert.deepEqual(states(asking), ["returned", "latched_unacknowledged"]);
  assert.deepEqual(states(known), ["acknowledged", "latched"]);
  assert.deepEqual(states(aside), ["shelved", "suppressed"]);
  assert.equal(book.of("b"), null);
  book.apply(told("b"));
  assert.deepEqual(book.of("b"), { asking: [], known: [], aside: [] });
});

test("what a hub has told is gone with it, or with the connection", () => {
  const book = new AlarmBook();
  book.apply(told("a"));
  book.apply(told("b"));
  book.apply({ event_type: "hub_gone", data: { entry_id: "a" } });
  assert.deepEqual([book.of("a"), book.of("b") === null], [null, false]);
  book.clear();
  assert.equal(book.of("b"), null);
});

test("what can be done depends on the state", () => {
  const offered = (one) => Object.entries(movesOf(one)).filter(([, can]) => can).map(([move]) => move);
  assert.deepEqual(offered(alarm("unacknowledged")), ["acknowledge", "shelve"]);
  assert.deepEqual(offered(alarm("acknowledged")), ["shelve"]);
  assert.deepEqual(offered(alarm("returned", { is_present: false })), ["acknowledge"]);
  assert.deepEqual(offered(alarm("shelved")), ["unshelve"]);
  assert.deepEqual(offered(alarm("suppressed")), ["shelve"]);
  const safety = { can_be_shelved_for: 0, is_latched: true };
  assert.deepEqual(offered(alarm("unacknowledged", safety)), ["acknowledge"]);
  assert.deepEqual(offered(alarm("latched_unacknowledged", { ...safety, is_present: false })), ["acknowledge", "reset"]);
  assert.deepEqual(offered(alarm("latched", { ...safety, is_present: false })), ["reset"]);
  assert.equal(isUnseen(alarm("latched")), false);
});

test("nobody is offered a longer span than is allowed", () => {
  assert.deepEqual(spansOf(alarm("acknowledged")), [15, 60, 240, 480]);
  assert.deepEqual(spansOf(alarm("acknowledged", { can_be_shelved_for: 86_400 })), [15, 60, 240, 480, 1440]);
  assert.deepEqual(spansOf(alarm("acknowledged", { can_be_shelved_for: 0 })), []);
});

test("only what is so now is coloured", () => {
  assert.equal(colourOf(alarm("unacknowledged")), "error");
  assert.equal(colourOf(alarm("acknowledged", { priority: "medium" })), "warn");
  assert.deepEqual([colourOf(alarm("returned", { is_present: false })), colourOf(alarm("shelved"))], ["", ""]);
});
