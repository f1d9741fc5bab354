import assert from "node:assert/strict";
import test from "node:test";
import { remaining, spelled, spelledMoment } from "../../custom_components/god_kaiser/frontend/controllers/clock.js";

test("a span is spelled with as many parts as it needs", () => {
  const spans = [0, 5.4, 65, 3599.6, 3600, 3725, -3];
  assert.deepEqual(spans.map(spelled), ["0:00", "0:05", "1:05", "1:00:00", "1:00:00", "1:02:05", "0:00"]);
});

test("what is left counts down by the clock of who looks, and never below nothing", () => {
  assert.equal(remaining(10, 1000, 4500, true), 6.5);
  assert.equal(remaining(10, 1000, 90_000, true), 0);
});

test("a clock that is put back gives no time that was not there", () => {
  assert.equal(remaining(10, 5000, 1000, true), 10);
});

test("what stands still stays, and what has no end has none", () => {
  assert.equal(remaining(10, 1000, 9000, false), 10);
  assert.equal(remaining(null, 1000, 9000, true), null);
});

test("a moment has its day unless that is today, and seconds where they matter", () => {
  const reader = { language: "de", zone: "Europe/Berlin", hour12: undefined };
  assert.equal(spelledMoment("2020-11-21T06:30:07Z", reader, false), "21. Nov., 7:30");
  assert.equal(spelledMoment("2020-11-21T06:30:07Z", reader, true), "21. Nov., 7:30:07");
  const american = { language: "en", zone: undefined, hour12: true };
  assert.match(spelledMoment(new Date().toISOString(), american, true), /^\d+:\d\d:\d\d\s[AP]M$/);
});
