import assert from "node:assert/strict";
import test from "node:test";
import {
  aboutOf,
  chainsOf,
  eventOf,
  nameOf,
  remarkOf,
  subjectOf,
  whoOf,
  wordOf,
} from "../../custom_components/god_kaiser/frontend/controllers/journal-words.js";
import { speaker, stranger } from "./speaking.mjs";

const event = (changes) => ({ event_id: "1-0", event_type: "x.y", timestamp: "", level: "ok", domain: "step", ...changes });

test("an event is about what people call its output, its device, its sequence or its rule", () => {
  assert.equal(aboutOf(event({ subject: "ESP_A/actuator/16" }), speaker), "Pump");
  assert.equal(aboutOf(event({ subject: "ESP_A" }), speaker), "Tent");
  assert.equal(aboutOf(event({ data: { esp_id: "ESP_A" } }), speaker), "Tent");
  assert.equal(aboutOf(event({ subject: "ESP_A", data: { esp_id: "ESP_A", place: "ESP_A/actuator/16" } }), speaker), "Pump");
  assert.equal(aboutOf(event({ sequence_name: "Tour", data: { channel: "ESP_A/actuator/16" } }), speaker), "Tour · Pump");
  assert.equal(aboutOf(event({ rule_name: "Dry" }), speaker), "Dry");
  assert.equal(aboutOf(event({ subject: "ESP_GONE" }), speaker), "ESP_GONE");
  assert.equal(aboutOf(event({ subject: "everything", data: { subject: "everything" } }), speaker), "alles");
  assert.equal(subjectOf(event({ subject: "everything" }), speaker), "alles · everything");
  assert.equal(aboutOf(event({ subject: "ESP_A" }), stranger), "ESP_A");
  assert.equal(aboutOf(event({}), stranger), "");
});

test("an entry of the trail is about the sequence of its run, or its rule, as an event is", () => {
  const entry = { number: 1, event_id: "1-0", timestamp: "", event: "run.started", execution_id: "r", actor_type: "user", actor: null, metadata: {} };
  assert.equal(aboutOf(eventOf({ ...entry, sequence_name: "Tour", rule_name: null }), speaker), "Tour");
  assert.equal(aboutOf(eventOf({ ...entry, sequence_name: null, rule_name: "Dry" }), speaker), "Dry");
  const other = { ...entry, sequence_name: null, rule_name: null, metadata: { channel: "ESP_A/actuator/16" } };
  assert.equal(aboutOf(eventOf(other), speaker), "Pump");
});

test("an action is told by its name", () => {
  const called = event({ event_type: "action.done", subject: "run_sequence", data: { action: "run_sequence" } });
  assert.equal(aboutOf(called, speaker), "Sequenz starten");
  assert.equal(subjectOf(called, speaker), "Sequenz starten · run_sequence");
});

test("an action is told with what it was about, and why it was refused with what its sentence says", () => {
  const refused = { action: "run_sequence", about: ["rest", "Tour (r1)"], refused: "output_gone", placeholders: { wanted: "Pump" } };
  const called = event({ event_type: "action.refused", subject: "run_sequence", data: refused });
  assert.deepEqual([aboutOf(called, speaker), remarkOf(called, speaker)], ["Sequenz starten · rest, Tour (r1)", "Pump ist weg."]);
  const entry = { number: 1, event_id: "1-0", timestamp: "", event: "action.refused", metadata: refused };
  assert.equal(aboutOf(eventOf(entry), speaker), "Sequenz starten · rest, Tour (r1)");
});

test("who is not told what an action was about learns which run it was", () => {
  const called = (id) => event({ event_type: "action.done", execution_id: id, data: { action: "run_sequence" } });
  assert.deepEqual(["r1", "r9", ""].map((id) => aboutOf(called(id), speaker)), ["Sequenz starten · Tour (r1)", "Sequenz starten · r9", "Sequenz starten"]);
});

test("what an event is filed under is told by name, and as it is asked for", () => {
  assert.equal(subjectOf(event({ subject: "ESP_A/actuator/16" }), speaker), "Pump · ESP_A/actuator/16");
  assert.equal(subjectOf(event({ subject: "dry", rule_name: "Too dry" }), speaker), "Too dry · dry");
  assert.equal(subjectOf(event({ subject: "ESP_GONE" }), speaker), "ESP_GONE");
  assert.equal(subjectOf(event({}), speaker), "");
});

test("what was the matter is told in one line", () => {
  const remark = (changes) => remarkOf(event(changes), speaker);
  assert.equal(remark({ data: { reason: "Smell of burning" } }), "Smell of burning");
  assert.equal(remark({ data: { code: "broker_away" } }), "broker away");
  assert.equal(remark({ data: { channel: "c", level: 0.5 }, current_step: { place: "water / 1" } }), "water / 1 · 50,0 %");
  assert.equal(remark({ data: { text: "", message: { deep: 1 } } }), "");
  assert.equal(remark({}), "");
});

test("what is done before a run has a word of ours, a phase keeps the name that somebody has given it", () => {
  const remark = (data) => remarkOf(event({ event_type: "phase.started", data, current_step: { place: "plan" } }), speaker);
  assert.deepEqual([remark({}), remark({ attempt: 1 })], ["Prüfen", "plan"]);
});

test("a word of ours is told in the language of the person, what somebody has written as it is", () => {
  const remark = (event_type, data) => remarkOf(event({ event_type, data }), speaker);
  assert.equal(remark("device.online", { reason: "first" }), "zum ersten Mal");
  assert.equal(remark("decision.refused", { reasons: [{ ground: "max_runtime" }, { ground: "rest" }] }), "zu lange, Ruhe");
  assert.equal(remark("output.forced_to_rest", { reasons: "max_runtime, rest" }), "zu lange, Ruhe");
  assert.equal(remark("stop.pressed", { reason: "button" }), "über die Taste");
  assert.equal(remark("stop.pressed", { reason: "first" }), "first");
  assert.equal(remark("run.log", { text: "rest" }), "rest");
  assert.equal(remark("output.confirmed", { source: "status", message: "Command executed" }), "Meldung des Geräts");
  assert.equal(remark("output.refused_by_device", { source: "status", message: "Pin busy" }), "Pin busy");
  const named = (actor, data) => nameOf(event({ actor, data }), speaker);
  assert.equal(named({ type: "system", name: "supervisor" }), "Aufsicht");
  assert.equal(named({ type: "system", name: "rule:dry" }), "Regel Too dry");
  assert.equal(named({ type: "user", name: "supervisor" }), "supervisor");
  assert.equal(named(null, { by: "time" }), "Zeit abgelaufen");
});

test("who it was is told by name where that is known, else what it was", () => {
  assert.equal(nameOf(event({ actor: { type: "user", name: "Max" } }), speaker), "Max");
  assert.equal(nameOf(event({ actor: { type: "user", id: "u1" } }), speaker), "Eva");
  assert.equal(nameOf(event({ actor: { type: "user", name: "user:ha" } }), speaker), "ein Mensch");
  assert.equal(nameOf(event({ data: { by: "Ida" } }), speaker), "Ida");
  assert.equal(nameOf(event({ data: { by: { deep: 1 } } }), speaker), "");
  const kinds = [{ type: "user" }, { type: "system" }, { type: "webhook" }, null, {}];
  assert.deepEqual(
    kinds.map((actor) => whoOf(event({ actor }))),
    ["person", "system", "automation", "", ""],
  );
});

test("a command is known by its id, a run is no chain", () => {
  assert.deepEqual(chainsOf(event({ correlation_id: "c1" })), ["c1"]);
  assert.deepEqual(chainsOf(event({ correlation_id: "r1", execution_id: "r1" })), []);
  assert.deepEqual(chainsOf(event({ correlation_id: "r1", execution_id: "r1", data: { correlation_id: "c1" } })), ["c1"]);
  assert.deepEqual(chainsOf(event({ data: { command: "c2" } })), ["c2"]);
  assert.deepEqual(chainsOf(event({ correlation_id: "c1-2", data: { call: "c1" } })), ["c1"]);
  assert.deepEqual(chainsOf(event({ data: { command: 7 } })), []);
});

test("a call, and a rule that has acted, are known by the runs that they have begun as well", () => {
  assert.deepEqual(chainsOf(event({ correlation_id: "c1", data: { runs: ["r1", "r2"] } })), ["c1", "r1", "r2"]);
  assert.deepEqual(chainsOf(event({ correlation_id: "x1", execution_id: "x1", data: { call: "c1", runs: ["r1"] } })), ["c1", "r1"]);
  assert.deepEqual(chainsOf(event({ correlation_id: "x1", execution_id: "x1", data: { runs: ["r1"] } })), ["r1"]);
  assert.deepEqual(chainsOf(event({ correlation_id: "review", data: { runs: 7 } })), ["review"]);
});

test("a kind of event has one word", () => {
  assert.equal(wordOf("run.timed_out"), "run_timed_out");
});
