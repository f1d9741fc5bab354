import assert from "node:assert/strict";
import test from "node:test";
import { compared, JournalBook } from "../../custom_components/god_kaiser/frontend/controllers/journal-book.js";

const event = (event_id) => ({ event_id, event_type: "step.started", timestamp: "", level: "ok", domain: "step" });
const ids = (book) => book.events.map(({ event_id }) => event_id);
const page = (cursor, ...names) => ({ events: names.map(event), cursor });

test("ids are compared by their numbers, not as texts", () => {
  assert.equal(compared("100-9", "100-10"), -1);
  assert.equal(compared("99-0", "100-0"), -1);
  assert.equal(compared("100-1", "100-0"), 1);
  assert.equal(compared("100-1", "100-1"), 0);
});

test("the newest is first, whatever the order in which it arrives, and nothing is there twice", () => {
  const book = new JournalBook();
  book.hear(event("30-0"));
  book.turn(page("10-0", "10-0", "20-0", "30-0"));
  book.hear(event("40-0"));
  book.turn(page(null, "5-0"));
  assert.deepEqual(ids(book), ["40-0", "30-0", "20-0", "10-0", "5-0"]);
  assert.equal(book.cursor, null);
});

test("what happens pushes out the oldest, which can be read again", () => {
  const book = new JournalBook(2);
  for (const name of ["1-0", "2-0", "3-0"]) book.hear(event(name));
  assert.deepEqual([ids(book), book.cursor], [["3-0", "2-0"], "2-0"]);
});

test("what somebody has read back to stays", () => {
  const book = new JournalBook(2);
  book.turn(page("2-0", "2-0", "3-0"));
  book.turn(page(null, "0-0", "1-0"));
  book.hear(event("4-0"));
  assert.deepEqual(ids(book), ["4-0", "3-0", "2-0", "1-0", "0-0"]);
  assert.equal(book.cursor, null);
});

test("a gap stays where it is until everything is read anew", () => {
  const book = new JournalBook();
  book.tear();
  assert.equal(book.isTorn(), true);
  book.clear();
  book.turn(page(null, "1-0"));
  book.tear();
  book.hear(event("9-0"));
  assert.deepEqual([book.isTorn("1-0"), book.isTorn("9-0"), book.isTorn()], [true, false, false]);
  book.clear();
  assert.deepEqual([book.isTorn("1-0"), book.isEmpty], [false, true]);
});
