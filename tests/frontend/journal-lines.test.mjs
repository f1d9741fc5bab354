import assert from "node:assert/strict";
import test from "node:test";
import { linesOf } from "../../custom_components/god_kaiser/frontend/controllers/journal-lines.js";
import { speaker } from "./speaking.mjs";

const lines = (kind, data) => linesOf(kind, data, speaker).map(({ name, text }) => `${name}: ${text}`);

test("everything that is told has a line", () => {
  assert.deepEqual(linesOf("x.y", { esp_id: "<b>", nothing: null, empty: "", none: [], void: {}, zero: 0 }, speaker), [
    { name: "Gerät", text: "<b>", isLong: false },
    { name: "nothing", text: "–", isLong: false },
    { name: "empty", text: "–", isLong: false },
    { name: "none", text: "–", isLong: false },
    { name: "void", text: "–", isLong: false },
    { name: "zero", text: "0,0", isLong: false },
  ]);
});

test("what lies deeper is told in the same words", () => {
  const reasons = [{ ground: "max_runtime", limit: 2.5 }, { ground: "rest", owner: "rule:dry" }];
  const [line] = linesOf("decision.refused", { reasons }, speaker);
  assert.deepEqual(line, { name: "Gründe", text: "• Grund: zu lange\n  Grenze: 2,5\n• Grund: Ruhe\n  Besitzer: Regel Too dry", isLong: true });
  assert.deepEqual(lines("x.y", { outranked: ["rule:dry", "user:ha"] }), ["outranked: Regel Too dry, ein Mensch"]);
  assert.deepEqual(lines("x.y", { outputs: { "ESP_A/actuator/16": { ground: "rest", limit: null } } }), ["outputs: Pump:\n  Grund: Ruhe\n  Grenze: –"]);
});

test("what was given to an action is called as its fields are, and stays as it was given", () => {
  const told = lines("action.done", { action: "run_sequence", fields: { sequence: ["tour"], wait: true, mode: "rest" } });
  assert.deepEqual(told, ["action: Sequenz starten", "Felder: Welche: Tour\nWarten: ja\nmode: rest"]);
});

test("a refusal is told in its sentence, and what fills that has no line of its own", () => {
  const refused = { action: "run_sequence", about: ["rest"], refused: "output_gone", placeholders: { wanted: "rest" } };
  assert.deepEqual(lines("action.refused", refused), ["action: Sequenz starten", "about: rest", "refused: rest ist weg."]);
});

test("what is said twice is told once", () => {
  assert.deepEqual(lines("rule.executed", { rule_id: "dry", rule_name: "Too dry" }), ["Regel: Too dry"]);
  assert.deepEqual(lines("rule.executed", { rule_id: "gone", rule_name: "Too wet" }), ["Regel: gone", "Regel: Too wet"]);
  assert.deepEqual(lines("x.y", { deep: { rule_id: "dry", rule_name: "Too dry" } }), ["deep: Regel: Too dry"]);
});
