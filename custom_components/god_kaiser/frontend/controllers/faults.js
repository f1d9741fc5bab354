/** What is wrong with a definition, kept by the part that it concerns. */

/** @import { Definition, Preflight } from "../types.js" */
/** @import { Catalog } from "./catalog.js" */

import { nodeAt, placed } from "./places.js";

/** @typedef {{text: string, advice: string, severity: string}} Fault */

export class Faults {
  /** @type {Map<Definition, Fault[]>} */
  #of = new Map();

  /** @param {Definition} definition */
  constructor(definition) {
    this.definition = definition;
  }

  /** @param {object} node */
  of(node) {
    return this.#of.get(node) ?? [];
  }

  /**
   * Tell whether something is wrong with a part or with anything in it.
   *
   * @param {unknown} part
   * @returns {boolean}
   */
  isIn(part) {
    if (!part || typeof part !== "object") return false;
    return this.#of.has(/** @type {Definition} */ (part)) || Object.values(part).some((each) => this.isIn(each));
  }

  get count() {
    return [...this.#of.values()].reduce((sum, faults) => sum + faults.length, 0);
  }

  get isEmpty() {
    return this.#of.size === 0;
  }

  /**
   * Remember what is wrong at a place; what is wrong nowhere in particular concerns the whole.
   *
   * @param {string} place
   * @param {Fault} fault
   */
  add(place, fault) {
    this.#put(nodeAt(this.definition, place) ?? this.definition, fault);
  }

  /** @param {Preflight} checked */
  addFindings(checked) {
    for (const { place, ...fault } of checked.findings) this.add(place ?? "", fault);
  }

  /**
   * Find what nobody has filled in.
   *
   * @param {Catalog} catalog
   * @param {(names: string[]) => string} spell
   */
  addMissing(catalog, spell) {
    for (const { node, of } of placed(this.definition)) {
      const names = catalog.missing(of, node);
      if (names.length) this.#put(node, { text: spell(names), advice: "", severity: "error" });
    }
  }

  /**
   * @param {Definition} node
   * @param {Fault} fault
   */
  #put(node, fault) {
    this.#of.set(node, [...this.of(node), fault]);
  }
}
