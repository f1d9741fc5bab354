/** Which events of the journal are wanted: chosen by the names that people know. */

/** @import { Api } from "../api.js" */
/** @import { RunBook } from "../controllers/run-book.js" */
/** @import { JournalDesk } from "../controllers/journal-desk.js" */
/** @import { JournalFilter } from "../controllers/journal-filter.js" */
/** @import { JournalChoices, Output } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { countOf, EVERYTHING } from "../controllers/journal-filter.js";
import { wordOf } from "../controllers/journal-words.js";
import { inputs, shared } from "./styles.js";

export class EventFilter extends LitElement {
  static properties = {
    api: { attribute: false },
    book: { attribute: false },
    desk: { attribute: false },
    change: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    inputs,
    css`
      summary {
        cursor: pointer;
        min-height: 28px;
      }
      .grid {
        grid-template-columns: repeat(auto-fill, minmax(min(200px, 100%), 1fr));
        gap: 0 12px;
        margin-top: 8px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {RunBook|null} */
    this.book = null;
    /** @type {JournalDesk|null} */
    this.desk = null;
    this.change = 0;
    this.words = 0;
  }

  render() {
    const { api, desk, book } = this;
    if (!api || !desk || !book || !desk.choices) return nothing;
    const { filter, choices } = desk;
    const count = countOf(filter);
    return html`<details class="card" ?open=${count > 0}>
      <summary>${count ? api.t("journal.filter_of", { number: count }) : api.t("journal.filter")}</summary>
      <div class="grid">
        ${this._select("level", choices.levels.map((id) => ({ id, name: api.t(`levels.${id}`) })))}
        ${this._select("domain", choices.domains.map((id) => ({ id, name: api.t(`domains.${id}`) })))}
        ${this._kinds(api, choices, filter)} ${this._select("subject", subjectsOf(choices))}
        ${this._select("run", runsOf(api, book, desk.hub, filter.run))}
        ${api.isAdministrator ? this._select("person", named(choices.people)) : nothing}
        ${this._moment("since")} ${this._moment("until")}
      </div>
      ${count
        ? html`<div class="buttons">
            <button @click=${() => this._put({ ...EVERYTHING })}>${api.t("journal.no_filter")}</button>
          </div>`
        : nothing}
    </details>`;
  }

  /**
   * @param {keyof JournalFilter} name
   * @param {Output[]} options
   */
  _select(name, options) {
    const { api, desk } = this;
    const chosen = desk?.filter[name] ?? "";
    return html`<label
      >${api?.t(`journal.${name}`)}
      <select name=${name} @change=${(/** @type {Event} */ event) => this._chosen(name, event)}>
        <option value="" .selected=${!chosen}>${api?.t("journal.all")}</option>
        ${options.map(({ id, name: text }) => html`<option value=${id} .selected=${id === chosen}>${text}</option>`)}
      </select>
    </label>`;
  }

  /**
   * @param {Api} api
   * @param {JournalChoices} choices
   * @param {JournalFilter} filter
   */
  _kinds(api, { kinds }, { kind: chosen }) {
    const families = [...new Set(kinds.map((kind) => kind.split(".")[0] ?? ""))];
    return html`<label
      >${api.t("journal.kind")}
      <select name="kind" @change=${(/** @type {Event} */ event) => this._chosen("kind", event)}>
        <option value="" .selected=${!chosen}>${api.t("journal.all")}</option>
        ${families.map(
          (family) => html`<optgroup label=${api.t(`families.${family}`)}>
            <option value=${family} .selected=${family === chosen}>
              ${api.t("journal.all_of", { name: api.t(`families.${family}`) })}
            </option>
            ${kinds
              .filter((kind) => kind.startsWith(`${family}.`))
              .map(
                (kind) =>
                  html`<option value=${kind} .selected=${kind === chosen}>${api.t(`kinds.${wordOf(kind)}`)}</option>`,
              )}
          </optgroup>`,
        )}
      </select>
    </label>`;
  }

  /** @param {"since"|"until"} name */
  _moment(name) {
    return html`<label
      >${this.api?.t(`journal.${name}`)}
      <input
        type="datetime-local"
        name=${name}
        .value=${this.desk?.filter[name] ?? ""}
        @change=${(/** @type {Event} */ event) => this._chosen(name, event)}
      />
    </label>`;
  }

  /**
   * @param {keyof JournalFilter} name
   * @param {Event} event
   */
  _chosen(name, event) {
    const { value } = /** @type {HTMLInputElement|HTMLSelectElement} */ (event.target);
    this._put({ [name]: value });
  }

  /** @param {Partial<JournalFilter>} change */
  _put(change) {
    this.dispatchEvent(new CustomEvent("wanted", { detail: change, bubbles: true, composed: true }));
  }
}

/** @param {Record<string, string>} names */
const named = (names) =>
  Object.entries(names)
    .map(([id, name]) => ({ id, name }))
    .sort((one, other) => one.name.localeCompare(other.name));

/** @param {JournalChoices} choices */
const subjectsOf = ({ devices, channels }) => [...named(devices), ...named(channels)];

/**
 * @param {Api} api
 * @param {RunBook} book
 * @param {string} hub
 * @param {string} chosen A run of long ago is there as well while it is chosen.
 */
function runsOf(api, book, hub, chosen) {
  const runs = [...book.going, ...book.ended].filter(({ entry_id }) => entry_id === hub);
  const named = runs.map((run) => ({ id: run.run_id, name: `${run.sequence_name} · ${api.when(run.started_at)}` }));
  return chosen && !named.some(({ id }) => id === chosen) ? [{ id: chosen, name: chosen }, ...named] : named;
}
