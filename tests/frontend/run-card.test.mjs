import assert from "node:assert/strict";
import test from "node:test";

// Lit asks for these when it is loaded; nothing is drawn here.
globalThis.HTMLElement = class {};
globalThis.document = { createTreeWalker: () => ({}), createComment: () => ({}) };
const { RunCard } = await import("../../custom_components/god_kaiser/frontend/components/run-card.js");

const RUN = { run_id: "r1", status: "running", sequence_name: "Bed", trigger: { kind: "rule" }, may_control: true };

function cardOf(log) {
  const card = new RunCard();
  card.api = { log, t: (key) => key, when: (moment) => moment, sentence: (problem) => problem.message };
  card.run = RUN;
  return card;
}

/** The run has moved on. */
function movedOn(card) {
  card.run = { ...RUN };
  card.willUpdate(new Map([["run", RUN]]));
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("why a button was refused stays to be read while the open log follows the run", async () => {
  let reads = 0;
  const card = cardOf(async () => [{ human: `read ${(reads += 1)}` }]);
  card._toggleLog();
  await settled();
  await card._pressing.press(() => Promise.reject(new Error("You may not cancel.")));
  movedOn(card);
  await settled();
  assert.deepEqual([card._lines, card._pressing.problem], [[{ human: "read 2" }], "You may not cancel."]);
});

test("a button is busy until its own answer, and not while the log is read", async () => {
  let answer;
  const card = cardOf(() => new Promise((resolve) => (answer = resolve)));
  card._toggleLog();
  assert.equal(card._pressing.isBusy, false);
  let done;
  const cancel = card._pressing.press(() => new Promise((resolve) => (done = resolve)));
  answer([]);
  await settled();
  assert.deepEqual([card._lines, card._pressing.isBusy], [[], true]);
  done();
  await cancel;
  assert.equal(card._pressing.isBusy, false);
});

test("a log that cannot be read says so, until it is closed", async () => {
  let isThere = true;
  const card = cardOf(async () => {
    if (!isThere) throw new Error("Nobody is there.");
    return [];
  });
  card._toggleLog();
  await settled();
  isThere = false;
  movedOn(card);
  await settled();
  assert.deepEqual([card._reading.problem, card._pressing.problem], ["Nobody is there.", ""]);
  assert.ok(card.render().values.some((value) => value?.values?.[0] === "Nobody is there."));
  card._toggleLog();
  assert.deepEqual([card._lines, card._reading.problem], [null, ""]);
});
