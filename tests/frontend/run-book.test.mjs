import assert from "node:assert/strict";
import test from "node:test";
import {
  failureOf,
  endedBy,
  reasonOf,
  RunBook,
  timeLeft,
  timeToDecide,
} from "../../custom_components/god_kaiser/frontend/controllers/run-book.js";

const run = (run_id, changes = {}) => ({
  run_id,
  status: "running",
  started_at: "2026-11-21T06:00:00+00:00",
  ended_at: null,
  seconds_left: 60,
  seconds_after_step: 45,
  approvals: [],
  ...changes,
});
const sequence = (id, name = id) => ({ id, name });
const state = (entry_id, runs = [], sequences = []) => ({
  event_type: "runs_state",
  data: { entry_id, hub: `hub of ${entry_id}`, runs, sequences },
});
const changed = (entry_id, data) => ({ event_type: "runs_changed", data: { entry_id, ...data } });
const ids = (runs) => runs.map((each) => each.run_id);

function bookOf(...messages) {
  const book = new RunBook();
  for (const message of messages) book.apply(message, 1000);
  return book;
}

test("a state is known with its hub and the moment it was heard", () => {
  const book = bookOf(state("a", [run("r1")], [sequence("s1")]));
  assert.deepEqual(book.going, [{ ...run("r1"), hub: "hub of a", entry_id: "a", received: 1000 }]);
  assert.deepEqual(book.sequences, [{ ...sequence("s1"), hub: "hub of a", entry_id: "a" }]);
  assert.equal(book.hasSeveralHubs, false);
});

test("a change replaces what it names and leaves the rest", () => {
  const book = bookOf(
    state("a", [run("r1"), run("r2")], [sequence("s1"), sequence("s2")]),
    changed("a", { runs: [run("r1", { progress: 50 })], sequences: [sequence("s1", "renamed")] }),
  );
  assert.deepEqual(
    book.going.map((each) => [each.run_id, each.progress]),
    [["r1", 50], ["r2", undefined]],
  );
  assert.deepEqual(book.sequences.map((each) => each.name), ["renamed", "s2"]);
});

test("what is gone is gone, a whole hub too", () => {
  const book = bookOf(
    state("a", [run("r1"), run("r2")], [sequence("s1")]),
    state("b", [run("r3")]),
    changed("a", { runs_gone: ["r1"], sequences_gone: ["s1"] }),
  );
  assert.deepEqual(ids(book.going), ["r2", "r3"]);
  assert.deepEqual([book.sequences, book.hasSeveralHubs], [[], true]);
  book.apply({ event_type: "hub_gone", data: { entry_id: "a" } }, 2000);
  assert.deepEqual(ids(book.going), ["r3"]);
  book.clear();
  assert.equal(book.isEmpty, true);
});

test("a new state of a hub leaves nothing of the old one", () => {
  assert.deepEqual(ids(bookOf(state("a", [run("r1")]), state("a", [run("r2")])).going), ["r2"]);
});

test("a change of a hub that is not known is not believed", () => {
  assert.equal(bookOf(changed("a", { runs: [run("r1")] })).isEmpty, true);
});

test("what goes on is sorted by its begin, what has ended by its end, the latest first", () => {
  const early = { started_at: "2026-11-21T05:00:00+00:00" };
  const over = (ended_at) => ({ status: "failed", ended_at });
  const book = bookOf(
    state("a", [
      run("r1", early),
      run("r2"),
      run("r3", over("2026-11-21T07:00:00+00:00")),
      run("r4", { ...early, ...over("2026-11-21T08:00:00+00:00") }),
      run("r5", over(null)),
    ]),
  );
  assert.deepEqual([ids(book.going), ids(book.ended)], [["r2", "r1"], ["r4", "r3", "r5"]]);
});

test("the most urgent question comes first, one without an end last", () => {
  const asks = (question, seconds_left) => ({ approvals: [{ question, seconds_left }] });
  const book = bookOf(state("a", [run("r1", asks("q1", null)), run("r2", asks("q2", 90)), run("r3", asks("q3", 9))]));
  assert.deepEqual(book.approvals.map(({ approval }) => approval.question), ["q3", "q2", "q1"]);
});

test("the time of a run and of its question stands still while the run does", () => {
  const [moving, paused] = ["waiting", "paused"].map((status) => ({ ...run("r1", { status }), received: 1000 }));
  assert.deepEqual([timeLeft(moving, 11_000), timeLeft(paused, 11_000)], [50, 60]);
  // The step takes longer than was known: what comes after it is still to be done.
  assert.equal(timeLeft(moving, 99_000), 45);
  assert.equal(timeLeft({ ...moving, seconds_left: null }, 11_000), null);
  const approval = { seconds_left: 30 };
  assert.deepEqual([timeToDecide(moving, approval, 11_000), timeToDecide(paused, approval, 11_000)], [20, 30]);
});

test("who has cancelled a run knows that it was cancelled", () => {
  const error = { code: 5612, text: "5612: The run was cancelled." };
  assert.equal(failureOf({ status: "cancelled", error }), "");
  assert.equal(failureOf({ status: "failed", error }), "5612: The run was cancelled.");
  assert.equal(failureOf({ status: "completed", error: null }), "");
});

test("a reason is shown where it is in words", () => {
  const reasons = ["rain", "rain, wind", "Action a_b not found", null, ""];
  assert.deepEqual(
    reasons.map((reason) => reasonOf({ reason }, String)),
    ["rain", "rain, wind", "Action a_b not found", "", ""],
  );
});

test("a word for programs is translated or left out, never shown as it is", () => {
  const translated = ["rejected", "restart", "restarted"];
  assert.deepEqual(
    translated.map((reason) => reasonOf({ reason }, (key) => `<${key}>`)),
    ["<reasons.rejected>", "<reasons.restart>", "<reasons.restarted>"],
  );
  const grounds = ["emergency_stop_active", "output_taken, restart", "excluded, locked_out"];
  for (const reason of [...grounds, "excluded", "approval", "cancelled"]) {
    assert.equal(reasonOf({ reason }, String), "", reason);
  }
});

test("hubs are known by their names, also without sequences", () => {
  const book = bookOf(state("a", []));
  assert.deepEqual(book.hubs.map(({ id }) => id), ["a"]);
  assert.equal(typeof book.hubs[0].name, "string");
});

test("a run that somebody has ended says who, but no name of a person", () => {
  const said = (hand) => endedBy({ ended_by: hand }, (key, { name }) => `${key}(${name})`);
  assert.deepEqual(["user", "automation", "rule Dry bed", null].map(said), [
    "ended_by.user()",
    "ended_by.automation()",
    "ended_by.rule(Dry bed)",
    "",
  ]);
});
