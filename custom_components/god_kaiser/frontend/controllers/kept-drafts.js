/** Drafts that outlive the page: whoever leaves by accident finds what was written. */

/** @import { Definition } from "../types.js" */

/** @typedef {Pick<Storage, "getItem"|"setItem"|"removeItem">} Shelf */

const PREFIX = "god_kaiser/draft";

export class KeptDrafts {
  #shelf;
  #owner;

  /**
   * @param {Shelf} shelf
   * @param {string} owner Whose drafts these are; somebody else at the same screen sees none of them.
   */
  constructor(shelf, owner) {
    this.#shelf = shelf;
    this.#owner = owner;
  }

  /**
   * @param {string} key
   * @param {Definition} definition
   */
  keep(key, definition) {
    try {
      this.#shelf.setItem(this.#name(key), JSON.stringify(definition));
    } catch {
      // A browser without room keeps none; leaving is asked about all the same.
    }
  }

  /**
   * @param {string} key
   * @returns {Definition|null}
   */
  find(key) {
    try {
      return JSON.parse(this.#shelf.getItem(this.#name(key)) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {string} key */
  drop(key) {
    this.#shelf.removeItem(this.#name(key));
  }

  /** @param {string} key */
  #name(key) {
    return `${PREFIX}/${this.#owner}/${key}`;
  }
}
