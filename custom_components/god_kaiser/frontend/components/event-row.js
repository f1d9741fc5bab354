/** One event of the journal: a line, and opened everything that it tells and what belongs to it. */

/** @import { Api } from "../api.js" */
/** @import { JournalDesk } from "../controllers/journal-desk.js" */
/** @import { JournalEvent } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { linesOf } from "../controllers/journal-lines.js";
import { aboutOf, chainsOf, nameOf, remarkOf, subjectOf, whoOf, wordOf } from "../controllers/journal-words.js";
import { Pressing } from "./pressing.js";
import { saveFile } from "./save-file.js";
import { lines, shared } from "./styles.js";

export class EventRow extends LitElement {
  static properties = {
    api: { attribute: false },
    desk: { attribute: false },
    event: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    lines,
    css`
      ol {
        margin: 4px 0 0;
        padding: 0;
        list-style: none;
      }
      li {
        padding: 4px 0;
      }
      li.this {
        font-weight: 500;
      }
      pre {
        margin: 0;
        white-space: pre-wrap;
        font-size: 0.9em;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {JournalDesk|null} */
    this.desk = null;
    /** @type {JournalEvent|null} */
    this.event = null;
    this.words = 0;
    this._isOpen = false;
    /** @type {JournalEvent[]|null} */
    this._chain = null;
    this._pressing = new Pressing(this);
  }

  render() {
    const { api, event, desk } = this;
    if (!api || !event || !desk) return nothing;
    return html`
      <button class="line" aria-expanded=${this._isOpen} @click=${this._toggle}>${this._line(api, desk, event)}</button>
      ${this._isOpen ? this._details(api, desk, event) : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {JournalDesk} desk
   * @param {JournalEvent} event
   */
  _line(api, desk, event) {
    const about = aboutOf(event, desk.speaker);
    const rest = [remarkOf(event, desk.speaker), nameOf(event, desk.speaker)].filter((each) => each && each !== about).join(" · ");
    return html`
      <span class="time">${api.exactly(event.timestamp)}</span>
      <span class="what">
        ${event.level === "ok"
          ? nothing
          : html`<span class="status ${event.level}">${api.t(`levels.${event.level}`)}</span>`}
        <strong>${api.t(`kinds.${wordOf(event.event_type)}`)}</strong>
        ${about ? html`<span>${about}</span>` : nothing}
        ${rest ? html`<span class="quiet">${rest}</span>` : nothing}
      </span>
    `;
  }

  /**
   * @param {Api} api
   * @param {JournalDesk} desk
   * @param {JournalEvent} event
   */
  _details(api, desk, event) {
    const who = whoOf(event);
    const facts = [
      { name: api.t("journal.domain"), text: api.t(`domains.${event.domain}`) },
      { name: api.t("journal.who"), text: nameOf(event, desk.speaker) || (who ? api.t(`who.${who}`) : "") },
      { name: api.t("journal.kind"), text: event.event_type },
      { name: api.t("journal.subject"), text: subjectOf(event, desk.speaker) },
      { name: api.t("journal.id"), text: event.event_id },
    ];
    const execution = event.execution_id ? { [event.rule_name ? "execution_id" : "run_id"]: event.execution_id } : {};
    return html`<div class="details">
      <dl>
        ${facts.filter(({ text }) => text).map(({ name, text }) => html`<dt>${name}</dt> <dd>${text}</dd>`)}
        ${linesOf(event.event_type, { ...execution, ...event.data }, desk.speaker).map(
          ({ name, text, isLong }) => html`<dt>${name}</dt> <dd>${isLong ? html`<pre>${text}</pre>` : text}</dd>`,
        )}
        ${event.error_tech
          ? html`<dt>${api.t("journal.technical")}</dt> <dd><pre class="problem">${event.error_tech}</pre></dd>`
          : nothing}
      </dl>
      ${this._belongs(api, desk, event)} ${this._pressing.shown} ${this._buttons(api, event)}
    </div>`;
  }

  /**
   * @param {Api} api
   * @param {JournalDesk} desk
   * @param {JournalEvent} event
   */
  _belongs(api, desk, event) {
    const chain = this._chain;
    if (!chain || chain.length < 2) return nothing;
    const begin = Date.parse(chain[0]?.timestamp ?? "");
    return html`<h3>${api.t("journal.chain")}</h3>
      <ol>
        ${chain.map((each) => {
          const seconds = api.number((Date.parse(each.timestamp) - begin) / 1000, 2);
          return html`<li
            class=${each.event_id === event.event_id ? "this" : ""}
            aria-current=${each.event_id === event.event_id ? "true" : nothing}
          >
            <span class="time">${api.t("journal.after_seconds", { seconds })}</span>
            ${api.t(`kinds.${wordOf(each.event_type)}`)}
            <span class="quiet">${[aboutOf(each, desk.speaker), remarkOf(each, desk.speaker)].filter(Boolean).join(" · ")}</span>
          </li>`;
        })}
      </ol>`;
  }

  /**
   * @param {Api} api
   * @param {JournalEvent} event
   */
  _buttons(api, event) {
    const run = event.sequence_name ? event.execution_id : "";
    if (!run) return nothing;
    return html`<div class="buttons">
      <button @click=${() => this._choose(run)}>${api.t("journal.only_run")}</button>
      ${api.isAdministrator
        ? html`<button ?disabled=${this._pressing.isBusy} @click=${() => this._export(run)}>
            ${api.t("journal.export")}
          </button>`
        : nothing}
    </div>`;
  }

  /** @param {string} run */
  _choose(run) {
    this.dispatchEvent(new CustomEvent("wanted", { detail: { run }, bubbles: true, composed: true }));
  }

  /** @param {string} run */
  _export(run) {
    const { api, desk } = this;
    if (!api || !desk) return;
    void this._pressing.press(async () => {
      saveFile(`run-${run}.json`, await api.ask("export_run", { run_id: run, config_entry_id: desk.hub }));
    });
  }

  _toggle() {
    const { desk, event } = this;
    this._isOpen = !this._isOpen;
    this.requestUpdate();
    if (!this._isOpen || !desk || !event || !chainsOf(event).length) return;
    void this._pressing.press(async () => {
      this._chain = await desk.chain(event);
    });
  }
}
