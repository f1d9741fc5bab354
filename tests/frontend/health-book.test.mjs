import assert from "node:assert/strict";
import test from "node:test";
import {
  barsOf,
  findingsOf,
  HealthBook,
  megabytesOf,
  pointsOf,
  slowestOf,
} from "../../custom_components/god_kaiser/frontend/controllers/health-book.js";

const metrics = (lag, changes = {}) => ({
  loop_lag_ms: lag,
  events: { waiting: 2 },
  devices: { online: 3 },
  answers: {},
  ...changes,
});
const told = (entry_id, lag) => ({ event_type: "health_metrics", data: { entry_id, metrics: metrics(lag) } });
const state = (entry_id, categories = {}) => ({ event_type: "health_state", data: { entry_id, categories } });

test("what is found and what is measured are kept for each hub, whichever comes first", () => {
  const book = new HealthBook();
  book.apply(told("a", 1));
  book.apply(state("a"));
  book.apply(state("b"));
  assert.deepEqual([book.of("a").metrics.loop_lag_ms, book.of("a").state.entry_id], [1, "a"]);
  assert.deepEqual([book.of("b").metrics, book.of("c")], [null, null]);
  book.apply({ event_type: "hub_gone", data: { entry_id: "a" } });
  assert.equal(book.of("a"), null);
  book.clear();
  assert.equal(book.of("b"), null);
});

test("the last five minutes are drawn, and no more", () => {
  const book = new HealthBook();
  for (let number = 0; number < 100; number += 1) book.apply(told("a", number));
  const { lag, waiting, online, slowest } = book.of("a").traces;
  assert.deepEqual([lag.length, lag[0], lag.at(-1)], [60, 40, 99]);
  assert.deepEqual([waiting[0], online[0], slowest[0]], [2, 3, 0]);
});

test("the slowest device counts, and nobody where none has answered", () => {
  assert.equal(slowestOf(metrics(0)), null);
  assert.equal(slowestOf(metrics(0, { answers: { one: { p95_ms: 20 }, other: { p95_ms: 300 } } })), 300);
});

test("the worst finding is first, with its part of the hub", () => {
  const finding = (severity) => ({ severity, text: severity });
  const found = findingsOf({
    categories: { runs: { findings: [finding("warn")] }, storage: { findings: [finding("error")] }, system: { findings: [] } },
  });
  assert.deepEqual(found.map(({ severity, category }) => [severity, category]), [["error", "storage"], ["warn", "runs"]]);
});

test("bars are as long as the largest allows", () => {
  assert.deepEqual(barsOf({ completed: 4, failed: 1 }), [
    { name: "completed", count: 4, percent: 100 },
    { name: "failed", count: 1, percent: 25 },
  ]);
  assert.deepEqual(barsOf({}), []);
  assert.deepEqual(barsOf({ failed: 0 })[0].percent, 0);
});

test("a line goes from the left to the right, and stays inside of its picture", () => {
  assert.equal(pointsOf([0, 10, 5]), "0,29 50,1 100,15");
  assert.equal(pointsOf([0, 0]), "0,29 100,29");
  assert.equal(pointsOf([7, 7]), "0,1 100,1");
  assert.equal(pointsOf([3]), "0,1");
});

test("bytes are told as megabytes", () => {
  assert.deepEqual([megabytesOf(200_000_000), megabytesOf(1_240_000)], [200, 1.2]);
});
