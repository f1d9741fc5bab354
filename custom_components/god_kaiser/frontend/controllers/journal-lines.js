/** Everything that an event tells, line by line, in words as its sentence is. */

/** @import { JournalSpeaker } from "./journal-speaker.js" */

// What was given to an action is called as its own fields are, and told as it was given.
const GIVEN = "fields";
// What fills the sentence of a refusal is told in it.
const FILLING = "placeholders";

/** @typedef {{name: string, text: string, isLong: boolean}} Line */

/**
 * @typedef {object} Manner How the values of an event, or those that were given to an action, are told.
 * @property {(field: string) => string} field
 * @property {(field: string, value: string|number|boolean) => string} value
 */

/**
 * Return one line for each field; what holds more than one value may have several, and what is said twice is told once.
 *
 * @param {string} kind
 * @param {Record<string, unknown>} data
 * @param {JournalSpeaker} speaker
 * @returns {Line[]}
 */
export function linesOf(kind, data, speaker) {
  const told = {
    field: (/** @type {string} */ field) => speaker.field(field),
    value: (/** @type {string} */ field, /** @type {string|number|boolean} */ value) =>
      speaker.value(kind, field, value, data[FILLING]),
  };
  const given = {
    field: (/** @type {string} */ field) => speaker.field(field, String(data.action ?? "")),
    value: (/** @type {string} */ field, /** @type {string|number|boolean} */ value) => speaker.given(field, value),
  };
  const fields = Object.entries(data).filter(([name]) => name !== FILLING);
  const lines = fields.map(([name, value]) => {
    const text = textOf(name, value, name === GIVEN ? given : told);
    return { name: speaker.field(name), text, isLong: text.includes("\n") };
  });
  return lines.filter((line, at) => lines.findIndex(({ name, text }) => name === line.name && text === line.text) === at);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {Manner} manner
 * @returns {string}
 */
function textOf(name, value, manner) {
  if (isPlain(value)) return value === "" ? "–" : manner.value(name, value);
  if (Array.isArray(value)) return listed(name, value, manner);
  return isTable(value) ? tabled(value, manner) : "–";
}

/**
 * @param {string} name
 * @param {unknown[]} values
 * @param {Manner} manner
 */
function listed(name, values, manner) {
  const texts = values.map((each) => textOf(name, each, manner));
  if (!values.some(isTable)) return texts.join(", ") || "–";
  return texts.map((text) => `• ${indented(text)}`).join("\n");
}

/**
 * @param {Record<string, unknown>} table
 * @param {Manner} manner
 */
function tabled(table, manner) {
  const lines = Object.entries(table).map(([name, value]) => {
    const text = textOf(name, value, manner);
    return `${manner.field(name)}:${text.includes("\n") ? `\n  ${indented(text)}` : ` ${text}`}`;
  });
  return [...new Set(lines)].join("\n") || "–";
}

/** @param {string} text */
const indented = (text) => text.replaceAll("\n", "\n  ");

/**
 * @param {unknown} value
 * @returns {value is string|number|boolean}
 */
const isPlain = (value) => ["string", "number", "boolean"].includes(typeof value);

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
