/** What an event is about, who it was, and what belongs to it: read from what it tells, for whoever puts it into words. */

/** @import { JournalChoices, JournalEvent, TrailEntry } from "../types.js" */

// Where an event says in words, or in one word, what was the matter.
const REMARKS = ["text", "message", "reason", "error_message", "error", "why", "refused", "alert", "code"];
const PEOPLE = ["user"];
// What somebody has written, always or about these, is shown as it is; of ours there is nothing but these words.
const WRITTEN = ["text", "message", "name", "step_name", "rule_name"];
const REASONS_OF_PEOPLE = ["stop", "output", "alarm", "action"];
const BY_PERSON = "user:ha";
const OUR_REASONS = ["button", "memory_unreadable"];

/** @typedef {(code: string) => string} WordFor Return a word of ours in the language of the person, nothing where it is none. */

/**
 * @typedef {object} Speaker Who knows the words.
 * @property {WordFor} wordFor
 * @property {(field: string) => string} fieldFor Return what a field is called, nothing where it has no name.
 * @property {(field: "state"|"was"|"priority", value: string) => string} alarmWordFor
 */

/** @param {string} kind */
export const wordOf = (kind) => kind.replace(".", "_");

/**
 * Return the event that an entry of the trail is about.
 *
 * @param {TrailEntry} entry
 * @returns {JournalEvent}
 */
export const eventOf = ({ event_id, event, timestamp, sequence_name, rule_name, actor, metadata }) => ({
  event_id,
  event_type: event,
  timestamp,
  level: "",
  domain: "",
  sequence_name: sequence_name ?? "",
  rule_name: rule_name ?? "",
  actor,
  data: metadata,
});

/**
 * Return by name what an event is about.
 *
 * @param {JournalEvent} event
 * @param {JournalChoices|null} choices
 */
export function aboutOf({ subject = "", data, sequence_name, rule_name }, choices) {
  const named = (/** @type {unknown} */ key) => choices?.channels[String(key)] ?? choices?.devices[String(key)];
  const channel = named(data?.channel);
  const owner = sequence_name || rule_name;
  if (owner) return channel ? `${owner} · ${channel}` : owner;
  return channel ?? named(subject) ?? named(data?.esp_id) ?? subject;
}

/**
 * Return what the event itself says; only texts and numbers are, and one that repeats its name is none.
 *
 * @param {JournalEvent} event
 * @param {WordFor} wordFor
 */
export function remarkOf({ event_type, data, current_step }, wordFor) {
  // What a device says to a command that it has carried out is always the same; by what that is known is not.
  const remarks = event_type === "output.confirmed" ? ["source"] : REMARKS;
  const name = remarks.find((each) => isPlain(data?.[each]) && data?.[each] !== "") ?? "";
  const grounds = Array.isArray(data?.reasons) ? data.reasons.map((each) => each?.ground).filter(Boolean) : [data?.reasons];
  const said = name ? String(data?.[name]) : grounds.filter(isPlain).join(", ");
  const remark = inWords(event_type, name || "reasons", said, wordFor);
  const level = data?.channel && typeof data.level === "number" ? `${Math.round(data.level * 100)} %` : "";
  return [current_step?.place, level, remark].filter(Boolean).join(" · ");
}

/**
 * Return a value with every code of ours in it in words; what is a word for programs and has none is read more easily with spaces.
 *
 * @param {string} kind
 * @param {string} name
 * @param {string} said
 * @param {WordFor} wordFor
 */
function inWords(kind, name, said, wordFor) {
  const family = kind.split(".")[0] ?? "";
  const isOthers = WRITTEN.includes(name) || name.endsWith("_id") || (name === "reason" && REASONS_OF_PEOPLE.includes(family) && !OUR_REASONS.includes(said));
  if (isOthers) return said;
  const words = said.split(", ").map((each) => ownerOf(each, wordFor) || wordFor(each));
  if (words.every(Boolean)) return words.join(", ");
  return /^[a-z0-9]+(_[a-z0-9]+)+(, [a-z0-9_]+)*$/.test(said) ? said.replaceAll("_", " ") : said;
}

/**
 * Return whose demand it is, of a rule or a run with its id; any person has the same demand.
 *
 * @param {string} said
 * @param {WordFor} wordFor
 */
function ownerOf(said, wordFor) {
  if (said === BY_PERSON) return wordFor("user");
  const [, kind = "", id = ""] = /^(rule|run):(.+)$/.exec(said) ?? [];
  return id && `${wordFor(kind)} ${id}`;
}

/**
 * Return the name of who it was, where that may be known.
 *
 * @param {JournalEvent} event
 * @param {JournalChoices|null} choices
 * @param {WordFor} wordFor
 */
export function nameOf({ event_type, actor, data }, choices, wordFor) {
  const named = actor?.name || choices?.people[String(actor?.id)] || data?.by;
  if (!isPlain(named)) return "";
  // A person may be called like one of our words.
  return PEOPLE.includes(actor?.type ?? "") && named !== BY_PERSON ? String(named) : inWords(event_type, "by", String(named), wordFor);
}

/** @param {JournalEvent} event */
export function whoOf({ actor }) {
  const kind = actor?.type;
  if (!kind) return "";
  return PEOPLE.includes(kind) ? "person" : ["webhook", "automation"].includes(kind) ? "automation" : "system";
}

/**
 * Return the id by which everything is known from the click or the wish to the answer and the new state, nothing where an event belongs to none.
 *
 * @param {JournalEvent} event
 */
export function chainOf({ correlation_id, execution_id, data }) {
  const id = data?.call || data?.runs?.[0] || data?.correlation_id || data?.command || correlation_id;
  return typeof id === "string" && id !== execution_id ? id : "";
}

/**
 * Return everything that an event tells, one line for each; what lies deeper is written as JSON.
 *
 * @param {string} kind
 * @param {Record<string, unknown>} data
 * @param {Speaker} speaker
 * @returns {{name: string, text: string, isLong: boolean}[]}
 */
export function linesOf(kind, data, speaker) {
  return Object.entries(data).map(([name, value]) => {
    const isEmpty = value === null || value === undefined || Object.keys(Object(value)).length + Number(isPlain(value)) === 0;
    const isLong = !isEmpty && !isPlain(value);
    const text = isLong ? JSON.stringify(value, null, 2) : isEmpty ? "–" : spelled(kind, name, String(value), speaker);
    return { name: speaker.fieldFor(name) || name.replaceAll("_", " "), text, isLong };
  });
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} value
 * @param {Speaker} speaker
 */
function spelled(kind, name, value, { wordFor, alarmWordFor }) {
  const isOfAlarm = kind.startsWith("alarm.") && (name === "state" || name === "was" || name === "priority");
  return isOfAlarm ? alarmWordFor(name, value) : inWords(kind, name, value, wordFor);
}

/** @param {unknown} value */
const isPlain = (value) => ["string", "number", "boolean"].includes(typeof value);
