/** The only module that talks to Home Assistant: words, moments, actions, and what is followed live. */

/** @import { Definition, Hass, HouseMessage, KeptSequence, Line, Preflight, ToldHouse, Words } from "./types.js" */

import { spelledMoment } from "./controllers/clock.js";
import { entitiesOf, outputsOf } from "./controllers/entities.js";
import { spelledNumber } from "./controllers/numbers.js";
import { Subscription } from "./controllers/subscription.js";

const DOMAIN = "god_kaiser";

/** @typedef {{message?: string, translation_domain?: string, translation_key?: string,
 *   translation_placeholders?: Words}} Problem */

export class Api {
  /** @type {Hass|null} */
  #hass = null;
  /** @type {Subscription|null} */
  #followed = null;
  #language = "";

  /**
   * Take over the newest state of Home Assistant; tell whether words or moments read differently now.
   *
   * @param {Hass} hass
   */
  update(hass) {
    const before = this.#hass;
    this.#hass = hass;
    return before?.localize !== hass.localize || before.locale !== hass.locale;
  }

  /** Load the texts of the panel; those that are there already are not loaded again. */
  async loadWords() {
    const hass = this.#hass;
    if (!hass || this.#language === hass.language) return;
    this.#language = hass.language;
    try {
      const categories = ["config_panel", "exceptions", "services"];
      await Promise.all(categories.map((category) => hass.loadBackendTranslation(category, DOMAIN)));
    } catch {
      this.#language = "";
    }
  }

  get hasWords() {
    return Boolean(this.#hass?.localize(`component.${DOMAIN}.config_panel.panel.title`));
  }

  /**
   * @param {string} key
   * @param {Words} [words]
   */
  t(key, words) {
    return this.#hass?.localize(`component.${DOMAIN}.config_panel.${key}`, words) || key;
  }

  /** @param {string} key A text that need not be there: then it is nothing. */
  known = (key) => this.#hass?.localize(`component.${DOMAIN}.config_panel.${key}`) ?? "";

  /** @param {string} id */
  entityName = (id) => this.#hass?.states[id]?.attributes.friendly_name ?? "";

  /**
   * Return what an action of ours, or one of its fields, is called; nothing where there is none.
   *
   * @param {string} name
   * @param {string} [field]
   */
  action = (name, field) =>
    this.#hass?.localize(`component.${DOMAIN}.services.${name}.${field ? `fields.${field}.` : ""}name`) ?? "";

  /**
   * Follow what every page needs: runs, sequences and stops, in one subscription, for only so many have room.
   *
   * @param {{tell: (message: HouseMessage) => void, begun: (isFollowed: boolean) => void}} to
   */
  follow(to) {
    if (!this.#hass || this.#followed) return;
    this.#followed = this.subscription("runs/subscribe", to, () => ({ stop: true }));
    this.#followed.open();
  }

  /** Return why that is not followed, nothing where it is only not there yet. */
  get refusal() {
    return this.refusalOf(this.#followed);
  }

  /**
   * Return in words why something is not followed, nothing where nobody has said that.
   *
   * @param {Subscription|null} subscription
   */
  refusalOf(subscription) {
    return subscription?.problem ? this.sentence(subscription.problem) : "";
  }

  /**
   * Return what follows one kind of message from its `open` to its `close`.
   *
   * @param {string} command
   * @param {{tell: (message: any) => void, begun: (isFollowed: boolean) => void}} to
   * @param {() => object} [fields]
   */
  subscription(command, to, fields = () => ({})) {
    const connection = /** @type {Hass} */ (this.#hass).connection;
    return new Subscription(connection, () => ({ type: `${DOMAIN}/${command}`, ...fields() }), to);
  }

  leave() {
    this.#followed?.close();
    this.#followed = null;
  }

  /**
   * Have something done or told; the problem that it may end with is told in words by `sentence`.
   *
   * @param {string} name An action, or a question that only programs ask.
   * @param {object} fields
   * @returns {Promise<any>} The answer, if there is one.
   */
  async ask(name, fields) {
    return this.#send({ type: `${DOMAIN}/ask`, name, fields });
  }

  /**
   * Return what there is to choose from in a hub.
   *
   * @param {"editor/catalog"|"journal/catalog"} command
   * @param {string} hub
   * @returns {Promise<any>}
   */
  async choices(command, hub) {
    return this.#send({ type: `${DOMAIN}/${command}`, entry_id: hub });
  }

  /**
   * @param {string} sequence
   * @param {string} hub
   * @param {object} given The roles and variables of the start that is thought of.
   * @returns {Promise<Preflight>}
   */
  async preflight(sequence, hub, given) {
    return this.ask("preflight_sequence", { ...given, sequence, config_entry_id: hub });
  }

  /**
   * @param {string} hub
   * @returns {Promise<ToldHouse>}
   */
  async house(hub) {
    return this.choices("editor/catalog", hub);
  }

  /**
   * Return what speaks against a start of a draft; what could not be saved is a problem.
   *
   * @param {string} hub
   * @param {Definition} definition
   * @returns {Promise<Preflight>}
   */
  async checkDraft(hub, definition) {
    return this.ask("check_sequence", { config_entry_id: hub, definition });
  }

  /**
   * @param {string} hub
   * @param {Definition} definition
   * @returns {Promise<{id: string, revision: number}>}
   */
  async save(hub, definition) {
    return this.ask("save_sequence", { config_entry_id: hub, definition });
  }

  /**
   * @param {string} hub
   * @param {string} sequence
   * @returns {Promise<KeptSequence>}
   */
  async kept(hub, sequence) {
    return this.ask("get_sequence", { config_entry_id: hub, sequence });
  }

  /**
   * @param {string} hub
   * @param {string} sequence
   * @returns {Promise<string>}
   */
  async text(hub, sequence) {
    return (await this.ask("export_sequence", { config_entry_id: hub, sequence })).yaml;
  }

  /**
   * @param {string} run
   * @returns {Promise<Line[]>}
   */
  async log(run) {
    return (await this.ask("get_run_logs", { run_id: run, limit: 200 })).lines;
  }

  /**
   * @param {string} run
   * @returns {Promise<string>}
   */
  async report(run) {
    return (await this.ask("get_run", { run_id: run })).report;
  }

  /** @param {{type: string, [field: string]: unknown}} message */
  async #send(message) {
    return this.#hass?.connection.sendMessagePromise(message);
  }

  /**
   * Return what went wrong as Home Assistant says it, in the language of the person where it has that sentence.
   *
   * @param {unknown} problem
   */
  sentence(problem) {
    // The connection itself refuses with a number.
    if (typeof problem === "number") return this.t("panel.no_connection");
    const { message, ...told } = /** @type {Problem} */ (problem ?? {});
    const key = `component.${told.translation_domain}.exceptions.${told.translation_key}.message`;
    const said = told.translation_key && this.#hass?.localize(key, told.translation_placeholders);
    return said || message || this.t("panel.unknown_problem");
  }

  outputs() {
    return outputsOf(this.#hass);
  }

  /** @param {string} [domain] */
  entities(domain) {
    return entitiesOf(this.#hass, domain);
  }

  get isAdministrator() {
    return this.#hass?.user?.is_admin ?? false;
  }

  get userId() {
    return this.#hass?.user?.id ?? "";
  }

  /**
   * Return a moment that was written without a time zone as actions understand it: as the person means it.
   *
   * @param {string} written
   */
  moment(written) {
    return this.#hass?.locale.time_zone === "server" ? written : new Date(written).toISOString();
  }

  /**
   * Return where somebody has said that something is wrong, nothing where that was not said.
   *
   * @param {unknown} problem
   */
  placeOf(problem) {
    return String(/** @type {Problem|null} */ (problem)?.translation_placeholders?.place ?? "");
  }

  /**
   * Return a moment as the person reads it: the time alone when it is today.
   *
   * @param {string} moment
   */
  when(moment) {
    return spelledMoment(moment, this.#reader, false);
  }

  /**
   * Return a moment to the second.
   *
   * @param {string} moment
   */
  exactly(moment) {
    return spelledMoment(moment, this.#reader, true);
  }

  /**
   * @param {number} number
   * @param {number} [decimals] So many, neither more nor less.
   */
  number(number, decimals) {
    return spelledNumber(number, this.#hass?.language, this.#hass?.locale.number_format, decimals);
  }

  get #reader() {
    const hass = this.#hass;
    const zone = hass?.locale.time_zone === "server" ? hass.config.time_zone : undefined;
    const hour12 = { 12: true, 24: false }[hass?.locale.time_format ?? ""];
    return { language: hass?.language, zone, hour12 };
  }

  /** @param {boolean} isNarrow */
  needsMenuButton(isNarrow) {
    return isNarrow || this.#hass?.dockedSidebar === "always_hidden";
  }
}
