import assert from "node:assert/strict";
import test from "node:test";
import {
  aboutOf,
  chainOf,
  eventOf,
  linesOf,
  nameOf,
  remarkOf,
  whoOf,
  wordOf,
} from "../../custom_components/god_kaiser/frontend/controllers/journal-words.js";

const CHOICES = { devices: { ESP_A: "Tent" }, channels: { "ESP_A/actuator/16": "Pump" }, people: { u1: "Eva" } };
const CODES = { first: "zum ersten Mal", supervisor: "Aufsicht", max_runtime: "zu lange", rest: "Ruhe", rule: "Regel", button: "über die Taste", status: "Meldung des Geräts", automation: "eine Automation", user: "ein Mensch", time: "Zeit abgelaufen" };
const wordFor = (code) => CODES[code] ?? "";
const FIELDS = { owner: "Besitzer", step_name: "Schritt", esp_id: "Gerät", state: "Zustand", priority: "Priorität" };
const speaker = {
  wordFor,
  fieldFor: (field) => FIELDS[field] ?? "",
  alarmWordFor: (field, value) => `${field}: ${value}`,
};
const event = (changes) => ({ event_id: "1-0", event_type: "x.y", timestamp: "", level: "ok", domain: "step", ...changes });

test("an event is about what people call its output, its device, its sequence or its rule", () => {
  assert.equal(aboutOf(event({ subject: "ESP_A/actuator/16" }), CHOICES), "Pump");
  assert.equal(aboutOf(event({ subject: "ESP_A" }), CHOICES), "Tent");
  assert.equal(aboutOf(event({ data: { esp_id: "ESP_A" } }), CHOICES), "Tent");
  assert.equal(aboutOf(event({ sequence_name: "Tour", data: { channel: "ESP_A/actuator/16" } }), CHOICES), "Tour · Pump");
  assert.equal(aboutOf(event({ rule_name: "Dry" }), CHOICES), "Dry");
  assert.equal(aboutOf(event({ subject: "ESP_GONE" }), CHOICES), "ESP_GONE");
  assert.equal(aboutOf(event({ subject: "ESP_A" }), null), "ESP_A");
  assert.equal(aboutOf(event({}), null), "");
});

test("an entry of the trail is about the sequence of its run, or its rule, as an event is", () => {
  const entry = { number: 1, event_id: "1-0", timestamp: "", event: "run.started", execution_id: "r", actor_type: "user", actor: null, metadata: {} };
  assert.equal(aboutOf(eventOf({ ...entry, sequence_name: "Tour", rule_name: null }), CHOICES), "Tour");
  assert.equal(aboutOf(eventOf({ ...entry, sequence_name: null, rule_name: "Dry" }), CHOICES), "Dry");
  const other = { ...entry, sequence_name: null, rule_name: null, metadata: { channel: "ESP_A/actuator/16" } };
  assert.equal(aboutOf(eventOf(other), CHOICES), "Pump");
});

test("what was the matter is told in one line", () => {
  const remark = (changes) => remarkOf(event(changes), wordFor);
  assert.equal(remark({ data: { reason: "Smell of burning" } }), "Smell of burning");
  assert.equal(remark({ data: { code: "broker_away" } }), "broker away");
  assert.equal(remark({ data: { channel: "c", level: 0.5 }, current_step: { place: "water / 1" } }), "water / 1 · 50 %");
  assert.equal(remark({ data: { text: "", message: { deep: 1 } } }), "");
  assert.equal(remark({}), "");
});

test("a word of ours is told in the language of the person, what somebody has written as it is", () => {
  const remark = (event_type, data) => remarkOf(event({ event_type, data }), wordFor);
  assert.equal(remark("device.online", { reason: "first" }), "zum ersten Mal");
  assert.equal(remark("decision.refused", { reasons: [{ ground: "max_runtime" }, { ground: "rest" }] }), "zu lange, Ruhe");
  assert.equal(remark("output.forced_to_rest", { reasons: "max_runtime, rest" }), "zu lange, Ruhe");
  assert.equal(remark("stop.pressed", { reason: "button" }), "über die Taste");
  assert.equal(remark("stop.pressed", { reason: "first" }), "first");
  assert.equal(remark("run.log", { text: "rest" }), "rest");
  assert.equal(remark("output.confirmed", { source: "status", message: "Command executed" }), "Meldung des Geräts");
  assert.equal(remark("output.refused_by_device", { source: "status", message: "Pin busy" }), "Pin busy");
  const named = (actor, data) => nameOf(event({ actor, data }), CHOICES, wordFor);
  assert.equal(named({ type: "system", name: "supervisor" }), "Aufsicht");
  assert.equal(named({ type: "system", name: "rule:dry" }), "Regel dry");
  assert.equal(named({ type: "user", name: "supervisor" }), "supervisor");
  assert.equal(named(null, { by: "time" }), "Zeit abgelaufen");
  assert.equal(linesOf("decision.allowed", { owner: "user:ha" }, speaker)[0].text, "ein Mensch");
  assert.deepEqual(linesOf("decision.allowed", { owner: "supervisor", step_name: "rest" }, speaker), [
    { name: "Besitzer", text: "Aufsicht", isLong: false },
    { name: "Schritt", text: "rest", isLong: false },
  ]);
});

test("an id is shown as it is written", () => {
  assert.equal(linesOf("rule.fired", { rule_id: "acid_pulse" }, speaker)[0].text, "acid_pulse");
  assert.equal(linesOf("rule.fired", { kind: "acid_pulse" }, speaker)[0].text, "acid pulse");
});

test("of an alarm, its states and its priority are told as its card tells them", () => {
  const told = { state: "returned", priority: "high" };
  assert.deepEqual(linesOf("alarm.returned", told, speaker).map(({ text }) => text), ["state: returned", "priority: high"]);
  assert.deepEqual(linesOf("run.failed", told, speaker).map(({ text }) => text), ["returned", "high"]);
});

test("who it was is told by name where that is known, else what it was", () => {
  assert.equal(nameOf(event({ actor: { type: "user", name: "Max" } }), CHOICES, wordFor), "Max");
  assert.equal(nameOf(event({ actor: { type: "user", id: "u1" } }), CHOICES, wordFor), "Eva");
  assert.equal(nameOf(event({ actor: { type: "user", name: "user:ha" } }), CHOICES, wordFor), "ein Mensch");
  assert.equal(nameOf(event({ data: { by: "Ida" } }), CHOICES, wordFor), "Ida");
  assert.equal(nameOf(event({ data: { by: { deep: 1 } } }), CHOICES, wordFor), "");
  const kinds = [{ type: "user" }, { type: "system" }, { type: "webhook" }, null, {}];
  assert.deepEqual(
    kinds.map((actor) => whoOf(event({ actor }))),
    ["person", "system", "automation", "", ""],
  );
});

test("a command is known by its id, a run is no chain", () => {
  assert.equal(chainOf(event({ correlation_id: "c1" })), "c1");
  assert.equal(chainOf(event({ correlation_id: "r1", execution_id: "r1" })), "");
  assert.equal(chainOf(event({ correlation_id: "r1", execution_id: "r1", data: { correlation_id: "c1" } })), "c1");
  assert.equal(chainOf(event({ data: { command: "c2" } })), "c2");
  assert.equal(chainOf(event({ correlation_id: "c1-2", data: { call: "c1" } })), "c1");
  assert.equal(chainOf(event({ correlation_id: "c1", data: { runs: ["r1", "r2"] } })), "r1");
  assert.equal(chainOf(event({ data: { command: 7 } })), "");
});

test("everything that is told has a line, as it is", () => {
  assert.deepEqual(linesOf("x.y", { esp_id: "<b>", nothing: null, none: [], zero: 0, deep: { a: 1 }, no_name: 1 }, speaker), [
    { name: "Gerät", text: "<b>", isLong: false },
    { name: "nothing", text: "–", isLong: false },
    { name: "none", text: "–", isLong: false },
    { name: "zero", text: "0", isLong: false },
    { name: "deep", text: '{\n  "a": 1\n}', isLong: true },
    { name: "no name", text: "1", isLong: false },
  ]);
  assert.equal(wordOf("run.timed_out"), "run_timed_out");
});
