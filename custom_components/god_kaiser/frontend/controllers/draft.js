/** A definition that is being written: it is changed in place, so that each part of it stays the same part. */

/** @import { CatalogField, Definition } from "../types.js" */

const ROLE = "role:";
const LONGEST_ID = 64;
/** @type {WeakMap<object, number>} */
const keys = new WeakMap();
let latest = 0;

/**
 * Return a number by which a part is known as long as the page is open.
 *
 * @param {object} node
 */
export function keyOf(node) {
  const known = keys.get(node);
  if (known) return known;
  latest += 1;
  keys.set(node, latest);
  return latest;
}

/**
 * Return a text that is the same for the same content, in whatever order it was written.
 *
 * @param {unknown} value
 * @returns {string}
 */
const canonical = (value) =>
  JSON.stringify(value, (_, each) =>
    each && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );

export class Draft {
  #saved = "";
  /** @type {Definition} */
  definition;

  /**
   * @param {Definition} saved
   * @param {Definition} [changed] What was made of it before and is not saved.
   */
  constructor(saved, changed = saved) {
    this.#saved = canonical(saved);
    this.definition = structuredClone(changed);
  }

  /** Take what is written now for what is saved. */
  settle() {
    this.#saved = canonical(this.definition);
  }

  get isChanged() {
    return canonical(this.definition) !== this.#saved;
  }

  /** @param {readonly string[]} others The ids that are taken. */
  nameItself(others) {
    if (!this.definition.id) this.definition.id = idFor(String(this.definition.name ?? ""), others);
  }
}

/** @param {unknown} value */
const orNothing = (value) => (value === null || value === "" ? undefined : value);

/**
 * Write a value into a field; what is usual there is left out, unless it was written there before.
 *
 * @param {Definition} node
 * @param {Pick<CatalogField, "name"|"usual"|"is_required"|"is_entry">} field
 * @param {unknown} value
 */
export function put(node, { name, usual, is_required, is_entry }, value) {
  if (is_entry && value === undefined) {
    node[name] = "";
    return;
  }
  if (name in node && orNothing(node[name]) === orNothing(value)) return;
  const isEmpty = value === undefined || (!is_required && (value === usual || canonicalEmpty(value)));
  if (isEmpty) delete node[name];
  else node[name] = value;
}

/** @param {unknown} value */
const canonicalEmpty = (value) =>
  typeof value === "object" && value !== null && "[]{}".includes(JSON.stringify(value));

/**
 * @param {unknown[]} list
 * @param {number} index
 * @param {number} by
 */
export function move(list, index, by) {
  const to = index + by;
  if (to < 0 || to >= list.length) return;
  const [item] = list.splice(index, 1);
  list.splice(to, 0, item);
}

/**
 * Put a copy of an item behind it; phases have names of their own.
 *
 * @param {Definition[]} list
 * @param {number} index
 * @param {boolean} hasOwnName
 */
export function duplicate(list, index, hasOwnName) {
  const copy = structuredClone(list[index]);
  if (!copy) return;
  if (hasOwnName) copy.name = unused(String(copy.name ?? ""), list.map((each) => String(each.name)));
  list.splice(index + 1, 0, copy);
}

/**
 * Return a name that nobody has yet, with a number behind it.
 *
 * @param {string} base
 * @param {readonly string[]} taken
 */
export function unused(base, taken) {
  let [name, count] = [base, 1];
  while (taken.includes(name)) {
    count += 1;
    name = `${base}_${count}`;
  }
  return name;
}

/**
 * Give an entry of a table another name, in its place; a name that is taken is refused.
 *
 * @param {Definition} table
 * @param {string} from
 * @param {string} to
 */
export function rename(table, from, to) {
  if (to === from || to === "" || to in table) return false;
  const entries = Object.entries(table).map(([name, value]) => [name === from ? to : name, value]);
  for (const name of Object.keys(table)) delete table[name];
  Object.assign(table, Object.fromEntries(entries));
  return true;
}

/**
 * Let everything that has named a role name it anew.
 *
 * @param {unknown} node
 * @param {string} from
 * @param {string} to
 */
export function renameRole(node, from, to) {
  if (!node || typeof node !== "object") return;
  const part = /** @type {Definition} */ (node);
  for (const [name, value] of Object.entries(part)) {
    if (value === ROLE + from) part[name] = ROLE + to;
    else if (name !== "fields" && name !== "target") renameRole(value, from, to);
  }
}

/**
 * Return an id made of a name, as ids have to be.
 *
 * @param {string} name
 * @param {readonly string[]} taken
 */
export function idFor(name, taken) {
  // Letters and their marks apart; two dots above a vowel are an e behind it.
  const apart = name.toLowerCase().replaceAll("ß", "ss").normalize("NFD");
  const bare = apart.replace(/([aou])\u0308/g, "$1e").replace(/\p{M}/gu, "");
  const id = bare.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return unused(id.slice(0, LONGEST_ID - 4) || "sequence", taken);
}
