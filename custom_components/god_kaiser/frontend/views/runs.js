/** The page of runs: what people are asked, what goes on, and what has ended not long ago. */

/** @import { Api } from "../api.js" */
/** @import { KnownRun } from "../types.js" */

import { html, nothing, repeat } from "../vendor/lit.js";
import { PageView } from "../components/page-view.js";

const FEW = 12;

export class RunsView extends PageView {
  static properties = { ...PageView.properties, now: { attribute: false } };

  constructor() {
    super();
    this.now = 0;
    this._showsAll = false;
  }

  render() {
    const { api, book } = this;
    if (!api || !book) return nothing;
    const { approvals, going, ended } = book;
    const shown = this._showsAll ? ended : ended.slice(0, FEW);
    return html`
      <section aria-live="polite" aria-label=${api.t("approvals.title")}>
        ${approvals.length ? html`<h2>${api.t("approvals.title")}</h2>` : nothing}
        <div class="grid">
          ${repeat(
            approvals,
            ({ approval }) => approval.question,
            ({ run, approval }) => html`<god-kaiser-approval-card
              .api=${api}
              .run=${run}
              .approval=${approval}
              .now=${this.now}
              .words=${this.words}
            ></god-kaiser-approval-card>`,
          )}
        </div>
      </section>
      <section>
        <h2>${api.t("runs.going")}</h2>
        ${going.length ? nothing : html`<p class="card quiet">${api.t("runs.nothing_goes")}</p>`}
        ${this._cards(api, going, book.hasSeveralHubs)}
      </section>
      ${ended.length
        ? html`<section>
            <h2>${api.t("runs.ended_title")}</h2>
            ${this._cards(api, shown, book.hasSeveralHubs)}
            ${ended.length > shown.length
              ? html`<div class="buttons">
                  <button @click=${this._showAll}>${api.t("runs.show_all", { number: ended.length })}</button>
                </div>`
              : nothing}
          </section>`
        : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {KnownRun[]} runs
   * @param {boolean} showsHub
   */
  _cards(api, runs, showsHub) {
    return html`<div class="grid">
      ${repeat(
        runs,
        (run) => run.run_id,
        (run) => html`<god-kaiser-run-card
          .api=${api}
          .run=${run}
          .now=${this.now}
          .showsHub=${showsHub}
          .words=${this.words}
        ></god-kaiser-run-card>`,
      )}
    </div>`;
  }

  _showAll() {
    this._showsAll = true;
    this.requestUpdate();
  }
}
