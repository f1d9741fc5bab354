import assert from "node:assert/strict";
import test from "node:test";
import { StopBook } from "../../custom_components/god_kaiser/frontend/controllers/stop-book.js";

const device = (esp_id, state) => ({ esp_id, name: `name of ${esp_id}`, state });
const state = (entry_id, any_stopped, devices = []) => ({
  event_type: "stop_state",
  data: { entry_id, any_stopped, by: "Eva", reason: null, since: null, devices },
});
const proof = (entry_id, shown) => ({ event_type: "stop_proof", data: { entry_id, ...shown } });

function bookOf(...messages) {
  const book = new StopBook();
  for (const message of messages) book.apply(message);
  return book;
}

test("a hub in which nothing is stopped is not latched", () => {
  const book = bookOf(state("a", false), state("b", true, [device("e1", "asked")]));
  assert.deepEqual(book.latched.map((hub) => hub.entry_id), ["b"]);
});

test("a device is named until it has shown that everything rests", () => {
  const book = bookOf(state("a", true, [device("e1", "asked"), device("e2", "silent")]));
  assert.deepEqual(book.unproven, ["name of e1", "name of e2"]);
  book.apply(proof("a", device("e1", "at_rest")));
  assert.deepEqual(book.unproven, ["name of e2"]);
  book.apply(proof("nowhere", device("e2", "at_rest")));
  assert.deepEqual(book.unproven, ["name of e2"]);
});

test("a device is named whose release waits until it may be cleared", () => {
  const book = bookOf(state("a", true, [device("e1", "at_rest"), device("e2", "at_rest")]));
  assert.deepEqual(book.tooEarly, []);
  book.apply(proof("a", { ...device("e1", "at_rest"), release: "too_early" }));
  assert.deepEqual(book.tooEarly, ["name of e1"]);
  book.apply(proof("a", { ...device("e1", "at_rest"), release: "asked" }));
  assert.deepEqual(book.tooEarly, []);
});

test("a release and a new connection leave nothing behind", () => {
  const book = bookOf(state("a", true, [device("e1", "asked")]), state("a", false));
  assert.deepEqual([book.latched, book.unproven], [[], []]);
  book.apply(state("a", true));
  book.clear();
  assert.deepEqual(book.latched, []);
});
