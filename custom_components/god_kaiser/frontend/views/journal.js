/** The page of the journal: what happens, what has happened, and for administrators the audit trail. */

/** @import { Api } from "../api.js" */
/** @import { RunBook } from "../controllers/run-book.js" */
/** @import { JournalFilter } from "../controllers/journal-filter.js" */

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { PageView } from "../components/page-view.js";
import { lines } from "../components/styles.js";
import { JournalDesk } from "../controllers/journal-desk.js";

const TABS = /** @type {const} */ (["events", "audit"]);

export class JournalView extends PageView {
  static properties = { ...PageView.properties, wanted: { attribute: false } };

  static styles = [
    ...PageView.styles,
    lines,
    css`
      [role="tablist"] {
        margin: 12px 0;
      }
      [role="tab"][aria-selected="true"],
      [role="tab"][aria-selected="true"]:hover:not(:disabled) {
        background: var(--primary-color, #009ac7);
        color: var(--text-primary-color, #fff);
      }
      .lines {
        margin-top: 12px;
      }
      .gap {
        padding: 12px 16px;
        border-inline-start: 4px solid var(--warning-color, #ffa600);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {{hub: string, run: string}|null} */
    this.wanted = null;
    /** @type {JournalDesk|null} */
    this._desk = null;
    /** @type {typeof TABS[number]} */
    this._tab = "events";
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._desk?.close();
    this._desk = null;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const { api, book, wanted } = this;
    if (!api || !book || !this.isConnected) return;
    if (changed.has("wanted") && wanted) this._hub = wanted.hub;
    const hub = this.hubOf(book);
    const run = wanted?.hub === hub ? wanted.run : "";
    // Another address is another wish, also the one that names no run.
    if (changed.has("wanted") && this._desk?.hub === hub) void this._desk.choose({ run });
    if (this._desk?.hub === hub) return;
    this._desk?.close();
    this._desk = new JournalDesk(api, hub, () => this.requestUpdate(), { run });
    void this._desk.open();
  }

  render() {
    const { api, book, _desk: desk } = this;
    if (!api || !book || !desk) return nothing;
    return html`
      ${this.hubChoice(api, book)} ${api.isAdministrator ? this._tabs(api) : html`<h2>${api.t("pages.journal")}</h2>`}
      <section
        id="shown"
        role=${api.isAdministrator ? "tabpanel" : nothing}
        aria-labelledby=${api.isAdministrator ? `tab-${this._tab}` : nothing}
      >
        ${this._tab === "audit"
          ? html`<god-kaiser-trail .api=${api} .desk=${desk} .words=${this.words}></god-kaiser-trail>`
          : this._events(api, book, desk)}
      </section>
    `;
  }

  /** @param {Api} api */
  _tabs(api) {
    return html`<div class="buttons" role="tablist" aria-label=${api.t("pages.journal")} @keydown=${this._move}>
      ${TABS.map(
        (tab) => html`<button
          role="tab"
          id="tab-${tab}"
          aria-controls="shown"
          aria-selected=${tab === this._tab}
          tabindex=${tab === this._tab ? 0 : -1}
          @click=${() => this._open(tab)}
        >
          ${api.t(`tabs.${tab}`)}
        </button>`,
      )}
    </div>`;
  }

  /**
   * @param {Api} api
   * @param {RunBook} book
   * @param {JournalDesk} desk
   */
  _events(api, book, desk) {
    const { events, cursor, isEmpty } = desk.book;
    const put = (/** @type {CustomEvent<Partial<JournalFilter>>} */ event) => void desk.choose(event.detail);
    return html`<div @wanted=${put}>
      <god-kaiser-event-filter
        .api=${api}
        .book=${book}
        .desk=${desk}
        .change=${{}}
        .words=${this.words}
      ></god-kaiser-event-filter>
      <p class="quiet" role="status">${this._state(api, desk)}</p>
      ${desk.problem
        ? html`<p class="problem" role="alert">${desk.problem}</p>
            <div class="buttons"><button @click=${() => desk.read()}>${api.t("journal.again")}</button></div>`
        : nothing}
      ${isEmpty && !desk.isReading && !desk.problem
        ? html`<p class="card quiet">${api.t(desk.isFiltered ? "journal.nothing_fits" : "journal.nothing")}</p>`
        : nothing}
      ${desk.book.isTorn() ? this._gap(api, desk) : nothing}
      ${isEmpty
        ? nothing
        : html`<ol class="lines card" aria-label=${api.t("pages.journal")} aria-busy=${desk.isReading}>
            ${repeat(
              events,
              ({ event_id }) => event_id,
              (event) => html`<li>
                ${desk.book.isTorn(event.event_id) ? this._gap(api, desk) : nothing}
                <god-kaiser-event .api=${api} .desk=${desk} .event=${event} .words=${this.words}></god-kaiser-event>
              </li>`,
            )}
          </ol>`}
      ${cursor
        ? html`<div class="buttons">
            <button ?disabled=${desk.isReading} @click=${() => desk.older()}>${api.t("journal.older")}</button>
          </div>`
        : nothing}
    </div>`;
  }

  /**
   * @param {Api} api
   * @param {JournalDesk} desk
   */
  _state(api, desk) {
    if (desk.isReading) return api.t("journal.reading");
    if (desk.isLive) return api.t("journal.live");
    if (desk.isFollowed) return api.t("journal.past");
    return api.refusalOf(desk.stream) || api.t("journal.not_live");
  }

  /**
   * @param {Api} api
   * @param {JournalDesk} desk
   */
  _gap(api, desk) {
    return html`<div class="gap" role="alert">
      <p>${api.t("journal.gap")}</p>
      <div class="buttons"><button @click=${() => desk.read()}>${api.t("journal.close_gap")}</button></div>
    </div>`;
  }

  /** @param {typeof TABS[number]} tab */
  _open(tab) {
    this._tab = tab;
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} event */
  async _move(event) {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    event.preventDefault();
    this._open(this._tab === "events" ? "audit" : "events");
    await this.updateComplete;
    /** @type {HTMLElement|null} */ (this.renderRoot.querySelector(`#tab-${this._tab}`))?.focus();
  }
}
