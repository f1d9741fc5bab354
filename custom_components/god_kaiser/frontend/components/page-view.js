/** What every page is given, and how it goes to another one. */

/** @import { Api } from "../api.js" */
/** @import { RunBook } from "../controllers/run-book.js" */

import { html, LitElement, nothing } from "../vendor/lit.js";
import { inputs, shared } from "./styles.js";

export class PageView extends LitElement {
  static properties = {
    api: { attribute: false },
    book: { attribute: false },
    change: { attribute: false },
    words: { attribute: false },
  };

  static styles = [shared, inputs];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {RunBook|null} */
    this.book = null;
    this.change = 0;
    this.words = 0;
    /** The hub that is looked at, on pages about one. */
    this._hub = "";
  }

  /** @param {string} page */
  go(page) {
    this.dispatchEvent(new CustomEvent("god-kaiser-page", { detail: page, bubbles: true, composed: true }));
  }

  /**
   * Return the hub that is looked at: the one that was chosen as long as it is there.
   *
   * @param {RunBook} book
   */
  hubOf(book) {
    const [first] = book.hubs;
    if (!book.hubs.some(({ id }) => id === this._hub)) this._hub = first?.id ?? "";
    return this._hub;
  }

  /**
   * Draw the choice of the hub, nothing where there is only one.
   *
   * @param {Api} api
   * @param {RunBook} book
   */
  hubChoice(api, book) {
    if (!book.hasSeveralHubs) return nothing;
    const choose = (/** @type {Event} */ event) => {
      this._hub = /** @type {HTMLSelectElement} */ (event.target).value;
      this.requestUpdate();
    };
    return html`<label class="hub"
      >${api.t("panel.hub")}
      <select @change=${choose}>
        ${book.hubs.map(({ id, name }) => html`<option value=${id} .selected=${id === this._hub}>${name}</option>`)}
      </select>
    </label>`;
  }
}
