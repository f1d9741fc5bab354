/** What everything in the editor shares: the draft, what may be in it, what there is to choose from, what is wrong. */

/** @import { CatalogField, Definition, Output, ToldHouse } from "../types.js" */

import { Catalog } from "./catalog.js";
import { Draft, put, rename, renameRole } from "./draft.js";
import { Faults } from "./faults.js";

/** @typedef {{sequences: Output[], entities: (domain?: string) => Output[]}} Around What else a house has to offer. */

export class Desk {
  /**
   * @param {ToldHouse} house
   * @param {Draft} draft
   * @param {Around} around
   * @param {() => void} edited Called after every change.
   */
  constructor(house, draft, around, edited) {
    this.catalog = new Catalog(house.catalog);
    this.draft = draft;
    this.faults = new Faults(draft.definition);
    this.change = 0;
    this.#house = house;
    this.#around = around;
    this.#edited = edited;
  }

  #house;
  #around;
  #edited;

  get definition() {
    return this.draft.definition;
  }

  /**
   * Return what can be chosen for something; roles of the draft stand for outputs.
   *
   * @param {string|undefined} about
   * @param {(role: string) => string} spellRole
   * @returns {Output[]}
   */
  options(about, spellRole) {
    switch (about) {
      case "output": {
        const roles = Object.keys(this.definition.roles ?? {});
        return [...roles.map((role) => ({ id: `role:${role}`, name: spellRole(role) })), ...this.#house.outputs];
      }
      case "sensor":
        return this.#house.sensors;
      case "sequence":
        return this.#around.sequences.filter(({ id }) => id !== this.definition.id);
      case "entity":
        return this.#around.entities();
      case "notify":
      case "person":
        return this.#around.entities(about);
      default:
        return [];
    }
  }

  /**
   * @param {Definition} node
   * @param {CatalogField} field
   * @param {unknown} value
   */
  put(node, field, value) {
    put(node, field, value);
    this.edited();
  }

  /**
   * Give an entry of a table another name; roles are renamed wherever they are used.
   *
   * @param {Definition} table
   * @param {string} from
   * @param {string} to
   */
  rename(table, from, to) {
    if (!rename(table, from, to)) return false;
    if (table === this.definition.roles) renameRole(this.definition, from, to);
    this.edited();
    return true;
  }

  /** Say that something has changed. */
  edited() {
    this.change += 1;
    this.#edited();
  }
}
