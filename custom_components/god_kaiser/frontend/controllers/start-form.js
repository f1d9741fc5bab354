/** What a start of a sequence asks for, and what becomes of what was entered. */

/** @import { Sequence, Values, Variable } from "../types.js" */

/**
 * @typedef {object} Field
 * @property {string} key
 * @property {string} name
 * @property {string} description
 * @property {"role"|"number"|"yes_no"|"text"} kind
 * @property {boolean} isRequired
 * @property {string|number|boolean|null} usual
 * @property {number|null} low
 * @property {number|null} high
 */

const NUMBER = /^\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)\s*$/;

/** @param {Variable} variable */
function kindOf({ default: usual, low, high }) {
  if (typeof usual === "boolean") return "yes_no";
  return typeof usual === "number" || low !== null || high !== null ? "number" : "text";
}

/**
 * @param {Pick<Sequence, "roles"|"variables">} sequence
 * @returns {Field[]}
 */
export function fieldsOf(sequence) {
  const roles = sequence.roles.map(
    ({ name, description, default: usual }) =>
      /** @type {Field} */ ({
        key: `role:${name}`,
        name,
        description,
        kind: "role",
        isRequired: usual === null,
        usual,
        low: null,
        high: null,
      }),
  );
  const variables = sequence.variables.map(
    (variable) =>
      /** @type {Field} */ ({
        key: `variable:${variable.name}`,
        name: variable.name,
        description: variable.description,
        kind: kindOf(variable),
        isRequired: variable.default === null,
        usual: variable.default,
        low: variable.low,
        high: variable.high,
      }),
  );
  return [...roles, ...variables];
}

/** @param {Pick<Sequence, "roles"|"variables">} sequence */
export const mustAsk = (sequence) => fieldsOf(sequence).some((field) => field.isRequired);

/**
 * Return what was entered as the fields of the action; what was left empty is left to the defaults.
 *
 * @param {Field[]} fields
 * @param {Record<string, string|boolean|undefined>} entered
 */
export function givenFor(fields, entered) {
  /** @type {Record<string, string>} */
  const roles = {};
  /** @type {Values} */
  const variables = {};
  /** @type {string[]} */
  const missing = [];
  for (const field of fields) {
    const value = entered[field.key];
    if (value === undefined || value === "") {
      if (field.isRequired) missing.push(field.name);
    } else if (field.kind === "role") {
      roles[field.name] = String(value);
    } else {
      variables[field.name] = typeof value === "string" ? valueOf(field, value) : value;
    }
  }
  return { roles, variables, missing };
}

/**
 * @param {Field} field
 * @param {string} text
 */
function valueOf(field, text) {
  const isNumber = field.kind === "number" || (field.kind === "text" && field.usual === null);
  return isNumber && NUMBER.test(text) ? Number(text.replace(",", ".")) : text;
}

/**
 * Return when a planned start is meant to be, as the fields of the action; nothing where nobody has said it.
 *
 * @param {{at: string, minutes: string}} when
 * @param {(written: string) => string} spell
 * @returns {{at: string}|{delay: number}|null}
 */
export function momentFor({ at, minutes }, spell) {
  if (at) return { at: spell(at) };
  return minutes === "" ? null : { delay: Number(minutes) * 60 };
}
