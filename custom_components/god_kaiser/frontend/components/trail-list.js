/** The audit trail, the last entry first, and whether anybody has changed it. */

/** @import { Api } from "../api.js" */
/** @import { JournalDesk } from "../controllers/journal-desk.js" */
/** @import { TrailEntry } from "../types.js" */

import { css, html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { linesOf } from "../controllers/journal-lines.js";
import { aboutOf, eventOf, nameOf, whoOf, wordOf } from "../controllers/journal-words.js";
import { Pressing } from "./pressing.js";
import { lines, shared } from "./styles.js";

const PAGE = 50;
// Larger than every number of an entry: the page before it is the last one.
const END = 2 ** 52;

export class TrailList extends LitElement {
  static properties = {
    api: { attribute: false },
    desk: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    lines,
    css`
      .whole {
        font-weight: 500;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {JournalDesk|null} */
    this.desk = null;
    this.words = 0;
    /** @type {TrailEntry[]|null} */
    this._entries = null;
    /** @type {number|null} */
    this._cursor = END;
    this._verdict = "";
    this._isWhole = true;
    this._pressing = new Pressing(this);
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("desk") && this.desk) this._read();
  }

  render() {
    const { api, desk } = this;
    if (!api || !desk) return nothing;
    return html`
      <p class="quiet">${api.t("audit.about")}</p>
      <div class="buttons">
        <button ?disabled=${this._pressing.isBusy} @click=${this._verify}>${api.t("audit.verify")}</button>
        <button ?disabled=${this._pressing.isBusy} @click=${this._read}>${api.t("audit.again")}</button>
      </div>
      <p role="status" class=${this._isWhole ? "whole" : "problem"}>${this._verdict}</p>
      ${this._pressing.shown} ${this._entries ? this._list(api, desk, this._entries) : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {JournalDesk} desk
   * @param {TrailEntry[]} entries
   */
  _list(api, desk, entries) {
    if (!entries.length) return html`<p class="card quiet">${api.t("audit.empty")}</p>`;
    return html`<ol class="lines card" aria-label=${api.t("audit.title")}>
        ${repeat(
          entries,
          ({ number }) => number,
          (entry) => html`<li>${this._entry(api, desk, entry)}</li>`,
        )}
      </ol>
      ${this._cursor === null
        ? nothing
        : html`<div class="buttons">
            <button ?disabled=${this._pressing.isBusy} @click=${this._older}>${api.t("journal.older")}</button>
          </div>`}`;
  }

  /**
   * @param {Api} api
   * @param {JournalDesk} desk
   * @param {TrailEntry} entry
   */
  _entry(api, desk, entry) {
    const event = eventOf(entry);
    const who = nameOf(event, desk.speaker) || api.t(`who.${whoOf({ ...event, actor: { type: entry.actor_type } })}`);
    return html`<details>
      <summary class="line">
        <span class="time">${entry.number} · ${api.exactly(entry.timestamp)}</span>
        <span class="what">
          <strong>${api.t(`kinds.${wordOf(entry.event)}`)}</strong>
          <span>${aboutOf(event, desk.speaker)}</span> <span class="quiet">${who}</span>
        </span>
      </summary>
      <dl class="details">
        ${linesOf(
          event.event_type,
          { ...(entry.execution_id ? { run_id: entry.execution_id } : {}), ...entry.metadata },
          desk.speaker,
        ).map(
          ({ name, text, isLong }) => html`<dt>${name}</dt> <dd>${isLong ? html`<pre>${text}</pre>` : text}</dd>`,
        )}
      </dl>
    </details>`;
  }

  _read() {
    this._cursor = END;
    void this._page([]);
  }

  _older() {
    void this._page(this._entries ?? []);
  }

  /** @param {TrailEntry[]} before What stands above the page. */
  async _page(before) {
    const { api, desk } = this;
    if (!api || !desk) return;
    await this._pressing.press(async () => {
      const page = await api.ask("get_audit", { config_entry_id: desk.hub, before: this._cursor, limit: PAGE });
      this._entries = [...before, ...page.entries.reverse()];
      this._cursor = page.cursor;
    });
  }

  _verify() {
    const { api, desk } = this;
    if (!api || !desk) return;
    this._verdict = "";
    void this._pressing.press(async () => {
      const { is_whole, entries, problem, at } = await api.ask("verify_audit", { config_entry_id: desk.hub });
      this._isWhole = is_whole;
      this._verdict = is_whole
        ? api.t("audit.whole", { number: entries })
        : api.t(`audit.${problem}`, { number: at ?? "?" });
    });
  }
}
