/** The writing of one sequence, from opening it to saving it: nothing here knows how it is drawn. */

/** @import { Definition, KeptSequence, KnownSequence, Output, Preflight, ToldHouse } from "../types.js" */
/** @import { Shelf } from "./kept-drafts.js" */

import { Catalog } from "./catalog.js";
import { Desk } from "./desk.js";
import { Draft } from "./draft.js";
import { Faults } from "./faults.js";
import { KeptDrafts } from "./kept-drafts.js";

// So long after the last change what was checked once is checked again.
const PAUSE = 800;

/**
 * @typedef {object} Door What is needed of the one that talks to Home Assistant.
 * @property {(key: string, words?: Record<string, string|number>) => string} t
 * @property {(hub: string) => Promise<ToldHouse>} house
 * @property {(hub: string, sequence: string) => Promise<KeptSequence>} kept
 * @property {(hub: string, definition: Definition) => Promise<Preflight>} checkDraft
 * @property {(hub: string, definition: Definition) => Promise<{id: string, revision: number}>} save
 * @property {(domain?: string) => Output[]} entities
 * @property {(problem: unknown) => string} sentence
 * @property {(problem: unknown) => string} placeOf
 * @property {string} userId
 */

/**
 * @typedef {object} Subject
 * @property {Door} api
 * @property {string} hub
 * @property {string} sequence The id, empty for one that is still to be made.
 * @property {() => KnownSequence[]} known
 * @property {Shelf} shelf
 * @property {() => void} changed Called when something is to be drawn anew.
 * @property {number} [pause]
 */

export class Writing {
  /** @type {Desk|null} */
  desk = null;
  /** @type {KeptSequence|null} */
  kept = null;
  /** What was found or done last, in words. */
  said = "";
  /** Whether what is shown was written before and not saved. */
  isBack = false;
  #checks = false;
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #subject;
  #drafts;

  /** @param {Subject} subject */
  constructor(subject) {
    this.#subject = subject;
    this.#drafts = new KeptDrafts(subject.shelf, subject.api.userId);
  }

  get isChanged() {
    return this.desk?.draft.isChanged ?? false;
  }

  /** Whether somebody else has saved it since it was opened. */
  get isOld() {
    const { sequence } = this.#subject;
    const known = this.#others.find(({ id }) => id === sequence);
    return known !== undefined && this.desk !== null && known.revision > (this.desk.definition.revision ?? 0);
  }

  async open() {
    const { api, hub, sequence } = this.#subject;
    const house = await api.house(hub);
    this.kept = sequence ? await api.kept(hub, sequence) : null;
    const saved = this.kept?.definition ?? this.#blank(new Catalog(house.catalog));
    const draft = new Draft(saved, this.#drafts.find(this.#key) ?? saved);
    this.isBack = draft.isChanged;
    const entities = (/** @type {string|undefined} */ domain) => api.entities(domain);
    this.desk = new Desk(house, draft, { sequences: this.#others, entities }, () => this.#edited());
    this.said = "";
    this.#subject.changed();
  }

  /** Ask once more which revisions are kept. */
  async renew() {
    const { api, hub, sequence } = this.#subject;
    this.kept = await api.kept(hub, sequence);
    this.#subject.changed();
  }

  close() {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }

  /** Give up what is not saved. */
  discard() {
    this.#drafts.drop(this.#key);
  }

  /** Find out what speaks against a start, and go on doing so while it is changed. */
  async check() {
    this.#checks = true;
    await this.#find();
  }

  /**
   * Save it; what is wrong is told at its place. Return the id under which it was saved.
   *
   * @returns {Promise<string>}
   */
  async save() {
    const [{ api, hub }, desk] = [this.#subject, this.desk];
    if (!desk) return "";
    this.close();
    this.#checks = true;
    const faults = this.#gaps(desk);
    if (!faults.isEmpty) return this.#show(desk, faults, "");
    desk.draft.nameItself(this.#others.map(({ id }) => id));
    try {
      const { id, revision } = await api.save(hub, desk.definition);
      desk.definition.revision = revision;
      desk.draft.settle();
      this.discard();
      this.isBack = false;
      this.#show(desk, faults, api.t("editor.saved", { revision }));
      return id;
    } catch (problem) {
      faults.add(api.placeOf(problem), { text: api.sentence(problem), advice: "", severity: "error" });
      return this.#show(desk, faults, "");
    }
  }

  get #key() {
    return `${this.#subject.hub}/${this.#subject.sequence}`;
  }

  get #others() {
    return this.#subject.known().filter(({ entry_id }) => entry_id === this.#subject.hub);
  }

  /** @param {Catalog} catalog */
  #blank(catalog) {
    const phase = { ...catalog.fresh("phase"), name: this.#subject.api.t("editor.phase_name") };
    return { ...catalog.fresh("sequence"), phases: [phase] };
  }

  #edited() {
    const { desk } = this;
    if (!desk) return;
    this.said = "";
    if (desk.draft.isChanged) this.#drafts.keep(this.#key, desk.definition);
    else this.discard();
    this.close();
    if (this.#checks) this.#timer = setTimeout(() => void this.#find(), this.#subject.pause ?? PAUSE);
    this.#subject.changed();
  }

  async #find() {
    const [{ api, hub }, desk] = [this.#subject, this.desk];
    if (!desk) return;
    this.close();
    const [turn, faults] = [this.#turn, this.#gaps(desk)];
    let said = "";
    if (faults.isEmpty) {
      const draft = new Draft(desk.definition);
      draft.nameItself(this.#others.map(({ id }) => id));
      try {
        const checked = await api.checkDraft(hub, draft.definition);
        faults.addFindings(checked);
        said = api.t(`verdict.${checked.verdict}`);
      } catch (problem) {
        faults.add(api.placeOf(problem), { text: api.sentence(problem), advice: "", severity: "error" });
      }
    }
    // An answer about what was there before the last change is nobody's business any more.
    if (turn === this.#turn) this.#show(desk, faults, said);
  }

  /** @param {Desk} desk */
  #gaps(desk) {
    const { api } = this.#subject;
    const faults = new Faults(desk.definition);
    const spell = (/** @type {string[]} */ names) => names.map((name) => api.t(`fields.${name}`)).join(", ");
    faults.addMissing(desk.catalog, (names) => api.t("editor.missing", { names: spell(names) }));
    return faults;
  }

  /**
   * @param {Desk} desk
   * @param {Faults} faults
   * @param {string} said
   */
  #show(desk, faults, said) {
    desk.faults = faults;
    desk.change += 1;
    this.said = said || this.#subject.api.t("editor.problems", { number: faults.count });
    this.#subject.changed();
    return "";
  }
}
