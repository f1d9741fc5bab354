/** What people write into a field, and what it is in the definition. */

/** @import { Shape } from "../types.js" */

const NUMBER = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)$/;
const NUMERIC = ["number", "whole", "number_or_text", "value", "any"];
const LOOSE = ["value", "any"];
const JSON_LIKE = /^(["[{].*|true|false|null)$/s;

/**
 * Return the value that was written, nothing for an empty field; what does not fit is handed on as it is: the server
 * says what is wrong with it.
 *
 * @param {Pick<Shape, "shape">} shape
 * @param {string} text
 * @returns {unknown}
 */
export function entered({ shape }, text) {
  const word = text.trim();
  if (word === "") return undefined;
  if (NUMERIC.includes(shape) && NUMBER.test(word)) return Number(word.replace(",", "."));
  if (LOOSE.includes(shape) && JSON_LIKE.test(word)) return parsed(word, text);
  return text;
}

/**
 * @param {string} word
 * @param {string} text
 */
function parsed(word, text) {
  try {
    return JSON.parse(word);
  } catch {
    return text;
  }
}

/**
 * Return a value as people see it; `entered` makes the same value of it.
 *
 * @param {Pick<Shape, "shape">} shape
 * @param {unknown} value
 */
export function shown(shape, value) {
  if (value === undefined || (value === null && shape.shape !== "any")) return "";
  if (typeof value !== "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  return LOOSE.includes(shape.shape) && entered(shape, value) !== value ? JSON.stringify(value) : value;
}

/**
 * @param {Shape} shape
 * @param {string} text One value in each line.
 */
export const enteredLines = (shape, text) =>
  text
    .split("\n")
    .map((line) => entered(shape, line))
    .filter((value) => value !== undefined);

/**
 * @param {Shape} shape
 * @param {unknown[]|undefined} values
 */
export const shownLines = (shape, values) => (values ?? []).map((value) => shown(shape, value)).join("\n");
