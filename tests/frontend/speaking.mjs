// A language of a few words, and a speaker of it who knows some names.

import { JournalSpeaker } from "../../custom_components/god_kaiser/frontend/controllers/journal-speaker.js";

export const NAMES = {
  devices: { ESP_A: "Tent" },
  channels: { "ESP_A/actuator/16": "Pump" },
  people: { u1: "Eva" },
  rules: { dry: "Too dry" },
  sequences: { tour: "Tour" },
  runs: { r1: "Tour" },
};
const WORDS = {
  "codes.first": "zum ersten Mal",
  "codes.everything": "alles",
  "codes.supervisor": "Aufsicht",
  "codes.max_runtime": "zu lange",
  "codes.rest": "Ruhe",
  "codes.rule": "Regel",
  "codes.run": "Lauf",
  "codes.button": "über die Taste",
  "codes.status": "Meldung des Geräts",
  "codes.user": "ein Mensch",
  "codes.time": "Zeit abgelaufen",
  "codes.plan": "Prüfen",
  "codes.true": "ja",
  "details.owner": "Besitzer",
  "details.step_name": "Schritt",
  "details.esp_id": "Gerät",
  "details.ground": "Grund",
  "details.reasons": "Gründe",
  "details.limit": "Grenze",
  "details.fields": "Felder",
  "details.rule_id": "Regel",
  "details.rule_name": "Regel",
  "details.type": "Art",
  "types.time": "die Uhrzeit",
  "parts.storage": "Ablage",
  "alarm_states.returned": "Vorbei",
  "priorities.high": "Hoch",
};
const ACTIONS = { run_sequence: "Sequenz starten", "run_sequence.sequence": "Welche", "run_sequence.wait": "Warten" };

const tongue = {
  known: (key) => WORDS[key] ?? "",
  action: (name, field) => ACTIONS[field ? `${name}.${field}` : name] ?? "",
  entityName: (id) => (id === "valve.herbs" ? "Herb valve" : ""),
  number: (number, decimals) => number.toFixed(decimals ?? 1).replace(".", ","),
  sentence: ({ translation_key: key, translation_placeholders: words, message }) =>
    key === "output_gone" && "wanted" in words ? `${words.wanted} ist weg.` : message,
  exactly: (moment) => `am ${moment.slice(0, 10)}`,
};

export const speaker = new JournalSpeaker(tongue, () => NAMES);
export const stranger = new JournalSpeaker(tongue, () => null);
