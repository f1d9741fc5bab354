import assert from "node:assert/strict";
import test from "node:test";
import { speaker, stranger } from "./speaking.mjs";

const value = (name, said, kind = "x.y") => speaker.value(kind, name, said);

test("what people have named is told by that name, what is gone by its id", () => {
  assert.deepEqual([value("rule_id", "dry"), value("logic_rule_id", "dry"), value("rule_id", "acid_pulse")], ["Too dry", "Too dry", "acid_pulse"]);
  assert.deepEqual([value("sequence", "tour"), value("sequence_id", "gone")], ["Tour", "gone"]);
  assert.deepEqual([value("esp_id", "ESP_A"), value("output", "ESP_A/actuator/16"), value("esp_id", "ESP_GONE")], ["Tent", "Pump", "ESP_GONE"]);
  assert.deepEqual([value("trigger_id", "dry"), value("trigger_id", "u1"), value("trigger_id", "01M8")], ["Too dry", "Eva", "01M8"]);
  assert.equal(value("channels", "ESP_A/actuator/16, ESP_A"), "Pump, Tent");
  assert.equal(stranger.value("x.y", "rule_id", "dry"), "dry");
});

test("of a run its id is told as well, for it is what actions ask for", () => {
  assert.deepEqual([value("run_id", "r1"), value("run", "r9")], ["Tour (r1)", "r9"]);
});

test("whose demand it is is told by the name of the rule, or of the sequence that runs", () => {
  const owners = ["rule:dry", "rule:gone", "run:r1", "user:ha", "supervisor"];
  assert.deepEqual(owners.map((owner) => value("owner", owner)), ["Regel Too dry", "Regel gone", "Lauf Tour", "ein Mensch", "Aufsicht"]);
});

test("a word of ours is told in the language of the person, what somebody has written as it is", () => {
  assert.equal(value("reasons", "max_runtime, rest"), "zu lange, Ruhe");
  assert.equal(value("kind", "acid_pulse"), "acid pulse");
  assert.deepEqual([value("text", "rest"), value("step_name", "rest"), value("reason", "rest", "stop.pressed")], ["rest", "rest", "rest"]);
  assert.equal(value("reason", "button", "stop.pressed"), "über die Taste");
  assert.equal(value("success", true), "ja");
});

test("what a question, an action of a rule or a part of the hub is called depends on the field", () => {
  assert.deepEqual([value("type", "time"), value("by", "time"), value("type", "new")], ["die Uhrzeit", "Zeit abgelaufen", "new"]);
  assert.deepEqual([value("category", "storage"), value("category", "attic")], ["Ablage", "attic"]);
});

test("of an alarm, its states and its priority are told as its card tells them", () => {
  const told = [value("state", "returned", "alarm.returned"), value("priority", "high", "alarm.returned"), value("was", "new", "alarm.returned")];
  assert.deepEqual(told, ["Vorbei", "Hoch", "new"]);
  assert.equal(value("state", "returned", "run.failed"), "returned");
});

test("an action is told by its name, that of somebody else as it is", () => {
  assert.deepEqual([speaker.action("run_sequence"), speaker.action("god_kaiser.run_sequence"), speaker.action("light.turn_on")], ["Sequenz starten", "Sequenz starten", "light.turn_on"]);
  assert.equal(value("action", "run_sequence"), "Sequenz starten");
});

test("why an action was refused is told in its sentence, with gaps for what is not told to this person", () => {
  const refusal = (key, words) => speaker.value("action.refused", "refused", key, words);
  assert.equal(refusal("output_gone", { wanted: "switch.pump" }), "switch.pump ist weg.");
  assert.equal(refusal("output_gone", { wanted: "", other: "x" }), " ist weg.");
  const told = [undefined, null, "switch.pump", { constructor: "x" }].map((words) => refusal("output_gone", words));
  assert.deepEqual(told, ["… ist weg.", "… ist weg.", "… ist weg.", "… ist weg."]);
  assert.deepEqual([refusal("not_known", {}), value("refused", 3)], ["not known", "3,0"]);
});

test("numbers and moments are told as the person reads them", () => {
  assert.deepEqual([value("seconds", 7.25), value("level", 0.55), value("gpio", 16)], ["7,3", "55,0 %", "16,0"]);
  assert.equal(value("until", "2030-01-02T03:04:05.123+00:00"), "am 2030-01-02");
  assert.equal(value("shelved_until", 1893553445), "am 2030-01-02");
  assert.equal(value("text", "2030-01-02T03:04:05Z"), "2030-01-02T03:04:05Z");
});

test("what was given to an action is no word of ours", () => {
  const given = [["mode", "rest"], ["sequence", "tour"], ["entity_id", "valve.herbs"], ["name", "tour"], ["wait", true], ["level", 0.5]];
  assert.deepEqual(given.map(([name, said]) => speaker.given(name, said)), ["rest", "Tour", "Herb valve", "tour", "ja", "0,5"]);
});

test("a field has its name, that of what it was given to, or that of what it is about", () => {
  assert.deepEqual([speaker.field("esp_id"), speaker.field("no_name")], ["Gerät", "no name"]);
  assert.deepEqual([speaker.field("sequence", "run_sequence"), speaker.field("esp_id", "run_sequence")], ["Welche", "Gerät"]);
  assert.deepEqual([speaker.field("ESP_A/actuator/16"), speaker.field("max_runtime")], ["Pump", "zu lange"]);
});
