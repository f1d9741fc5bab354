/** What an event is about, who it was, and what belongs to it: read from what it tells, for whoever puts it into words. */

/** @import { JournalEvent, TrailEntry } from "../types.js" */
/** @import { JournalSpeaker } from "./journal-speaker.js" */

// Where an event says in words, or in one word, what was the matter.
const REMARKS = ["text", "message", "reason", "error_message", "error", "why", "refused", "alert", "code"];
const PEOPLE = ["user"];
const BY_PERSON = "user:ha";
// The subject of a stop that holds for all devices.
const EVERYTHING = "everything";

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
 * @param {JournalSpeaker} speaker
 */
export function aboutOf({ event_type, subject = "", data, sequence_name, rule_name, execution_id }, speaker) {
  if (event_type.startsWith("action.") && data?.action) {
    // Of the rest nobody is told who is no administrator.
    const named = Array.isArray(data.about) ? data.about.join(", ") : speaker.words(event_type, "run_id", execution_id ?? "");
    return [speaker.action(String(data.action)), named].filter(Boolean).join(" · ");
  }
  const channel = speaker.thing(data?.channel ?? data?.place);
  const owner = sequence_name || rule_name;
  if (owner) return channel ? `${owner} · ${channel}` : owner;
  return channel ?? thingOf(subject, speaker) ?? speaker.thing(data?.esp_id) ?? subject;
}

/**
 * Return what an event is filed under: by name, and as it is asked for.
 *
 * @param {JournalEvent} event
 * @param {JournalSpeaker} speaker
 */
export function subjectOf({ event_type, subject = "", sequence_name, rule_name }, speaker) {
  const name = event_type.startsWith("action.") ? speaker.action(subject) : sequence_name || rule_name || thingOf(subject, speaker);
  return [...new Set([name, subject])].filter(Boolean).join(" · ");
}

/**
 * Return what the event itself says; only texts and numbers are, and one that repeats its name is none.
 *
 * @param {JournalEvent} event
 * @param {JournalSpeaker} speaker
 */
export function remarkOf({ event_type, data, current_step }, speaker) {
  // What a device says to a command that it has carried out is always the same; by what that is known is not.
  const remarks = event_type === "output.confirmed" ? ["source"] : REMARKS;
  const name = remarks.find((each) => isPlain(data?.[each]) && data?.[each] !== "") ?? "";
  const grounds = Array.isArray(data?.reasons) ? data.reasons.map((each) => each?.ground).filter(Boolean) : [data?.reasons];
  const said = name
    ? speaker.value(event_type, name, data?.[name], data?.placeholders)
    : speaker.words(event_type, "reasons", grounds.filter(isPlain).join(", "));
  const level = data?.channel && typeof data.level === "number" ? speaker.percent(data.level) : "";
  // What is done before a run stands where its own phases do; only these count their attempts.
  const isBefore = event_type.startsWith("phase.") && data?.attempt === undefined;
  const place = isBefore ? speaker.words(event_type, "place", current_step?.place ?? "") : current_step?.place;
  return [place, level, said].filter(Boolean).join(" · ");
}

/**
 * Return the name of who it was, where that may be known.
 *
 * @param {JournalEvent} event
 * @param {JournalSpeaker} speaker
 */
export function nameOf({ event_type, actor, data }, speaker) {
  const named = actor?.name || (actor?.id && speaker.person(actor.id)) || data?.by;
  if (!isPlain(named)) return "";
  // A person may be called like one of our words.
  return PEOPLE.includes(actor?.type ?? "") && named !== BY_PERSON ? String(named) : speaker.words(event_type, "by", String(named));
}

/** @param {JournalEvent} event */
export function whoOf({ actor }) {
  const kind = actor?.type;
  if (!kind) return "";
  return PEOPLE.includes(kind) ? "person" : ["webhook", "automation"].includes(kind) ? "automation" : "system";
}

/**
 * Return the ids by which everything is known from the click or the wish to the answer and the new state, and to the runs that have
 * come of it; none where an event belongs to nothing but its own run.
 *
 * @param {JournalEvent} event
 * @returns {string[]}
 */
export function chainsOf({ correlation_id, execution_id, data }) {
  const id = data?.call || data?.correlation_id || data?.command || correlation_id;
  const runs = Array.isArray(data?.runs) ? data.runs : [];
  const own = typeof id === "string" && id !== execution_id ? [id] : [];
  return [...own, ...runs.filter((each) => typeof each === "string")].filter(Boolean);
}

/**
 * @param {string} subject
 * @param {JournalSpeaker} speaker
 */
const thingOf = (subject, speaker) => (subject === EVERYTHING ? speaker.words("", "subject", subject) : speaker.thing(subject));

/** @param {unknown} value */
const isPlain = (value) => ["string", "number", "boolean"].includes(typeof value);
