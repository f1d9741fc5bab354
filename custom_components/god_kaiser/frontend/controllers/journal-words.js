/** What an event is about, who it was, and what belongs to it: read from what it tells, for whoever puts it into words. */

/** @import { JournalChoices, JournalEvent } from "../types.js" */

// Where an event says in words, or in one word, what was the matter.
const REMARKS = ["text", "message", "reason", "error_message", "error", "why", "refused", "alert", "code"];
const PEOPLE = ["user"];

/** @param {string} kind */
export const wordOf = (kind) => kind.replace(".", "_");

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
 */
export function remarkOf({ data, current_step }) {
  const found = REMARKS.map((name) => data?.[name]).find((said) => isPlain(said) && said !== "");
  const grounds = Array.isArray(data?.reasons) ? data.reasons.map((each) => each?.ground).filter(Boolean) : [];
  const said = found === undefined ? grounds.join(", ") : String(found);
  // What is a word for programs is read more easily with spaces.
  const remark = /^[a-z0-9]+(_[a-z0-9]+)+(, [a-z0-9_]+)*$/.test(said) ? said.replaceAll("_", " ") : said;
  const level = data?.channel && typeof data.level === "number" ? `${Math.round(data.level * 100)} %` : "";
  return [current_step?.place, level, remark].filter(Boolean).join(" · ");
}

/**
 * Return the name of who it was, where that may be known.
 *
 * @param {JournalEvent} event
 * @param {JournalChoices|null} choices
 */
export function nameOf({ actor, data }, choices) {
  const named = actor?.name || choices?.people[String(actor?.id)] || data?.by;
  return isPlain(named) ? String(named) : "";
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
 * @param {Record<string, unknown>} data
 * @returns {{name: string, text: string, isLong: boolean}[]}
 */
export function linesOf(data) {
  return Object.entries(data).map(([name, value]) => {
    const isEmpty = value === null || value === undefined || Object.keys(Object(value)).length + Number(isPlain(value)) === 0;
    const isLong = !isEmpty && !isPlain(value);
    const text = isLong ? JSON.stringify(value, null, 2) : isEmpty ? "–" : String(value);
    return { name: name.replaceAll("_", " "), text, isLong };
  });
}

/** @param {unknown} value */
const isPlain = (value) => ["string", "number", "boolean"].includes(typeof value);
