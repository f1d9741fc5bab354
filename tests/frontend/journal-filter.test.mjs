import assert from "node:assert/strict";
import test from "node:test";
import {
  countOf,
  EVERYTHING,
  fieldsOf,
  isWanted,
} from "../../custom_components/god_kaiser/frontend/controllers/journal-filter.js";

const EVENT = {
  event_id: "1-0",
  event_type: "decision.refused",
  timestamp: "",
  level: "warn",
  domain: "safety",
  subject: "ESP_A/actuator/16",
  execution_id: "r1",
  actor: { type: "user", name: "Eva" },
  data: {},
};
const PEOPLE = { u1: "Eva", u2: "Max" };
const wanted = (change, event = {}) => isWanted({ ...EVERYTHING, ...change }, { ...EVENT, ...event }, PEOPLE);

test("only what is chosen is asked for, a family as all of its kinds", () => {
  const kinds = ["run.started", "run.failed", "rule.fired"];
  const moment = (written) => `${written}Z`;
  assert.deepEqual(fieldsOf(EVERYTHING, kinds, moment), {});
  assert.deepEqual(fieldsOf({ ...EVERYTHING, kind: "run", since: "2030", run: "r1" }, kinds, moment), {
    type: ["run.started", "run.failed"],
    since: "2030Z",
    run_id: "r1",
  });
  assert.deepEqual(fieldsOf({ ...EVERYTHING, kind: "rule.fired" }, kinds, moment), { type: ["rule.fired"] });
  assert.equal(countOf({ ...EVERYTHING, kind: "run", level: "ok" }), 2);
});

test("what arrives is wanted when everything fits", () => {
  assert.equal(wanted({}), true);
  assert.deepEqual([wanted({ level: "warn" }), wanted({ level: "error" })], [true, false]);
  assert.deepEqual([wanted({ domain: "safety" }), wanted({ domain: "rule" })], [true, false]);
  assert.deepEqual([wanted({ kind: "decision" }), wanted({ kind: "dec" })], [true, false]);
  assert.deepEqual([wanted({ run: "r1" }), wanted({ run: "r2" })], [true, false]);
});

test("with a device comes what hangs on it, and not what only begins like it", () => {
  assert.deepEqual([wanted({ subject: "ESP_A" }), wanted({ subject: "ESP_A/actuator/1" })], [true, false]);
  assert.equal(wanted({ subject: "ESP_A" }, { subject: "ESP_A2" }), false);
  assert.equal(wanted({ subject: "ESP_A" }, { subject: undefined }), false);
});

test("a person is known by name or account, wherever the event says so", () => {
  assert.deepEqual([wanted({ person: "u1" }), wanted({ person: "u2" })], [true, false]);
  assert.equal(wanted({ person: "u2" }, { actor: { id: "u2" } }), true);
  assert.equal(wanted({ person: "u2" }, { actor: null, data: { by: "Max" } }), true);
  assert.equal(wanted({ person: "u2" }, { actor: null, data: undefined }), false);
});

test("who looks at a time that is over sees nothing new in it", () => {
  assert.deepEqual([wanted({ until: "2030-01-01T00:00" }), wanted({ since: "2030-01-01T00:00" })], [false, true]);
});
