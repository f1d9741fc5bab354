/** The page of sequences: what there is to start. */

/** @import { Api } from "../api.js" */
/** @import { RunBook } from "../controllers/run-book.js" */

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { PageView } from "../components/page-view.js";

export class SequencesView extends PageView {
  static styles = [
    ...PageView.styles,
    css`
      .makers {
        margin: 0 0 12px;
      }
    `,
  ];

  render() {
    const { api, book } = this;
    if (!api || !book) return nothing;
    const { sequences } = book;
    return html`
      <section>
        <h2>${api.t("sequences.title")}</h2>
        ${api.isAdministrator ? this._makers(api, book) : nothing}
        ${sequences.length ? nothing : html`<p class="card quiet">${api.t("sequences.none")}</p>`}
        <div class="grid">
          ${repeat(
            sequences,
            (sequence) => `${sequence.entry_id}/${sequence.id}`,
            (sequence) => html`<god-kaiser-sequence-card
              .api=${api}
              .sequence=${sequence}
              .showsHub=${book.hasSeveralHubs}
              .words=${this.words}
            ></god-kaiser-sequence-card>`,
          )}
        </div>
        <p class="quiet">${api.t("sequences.hint")}</p>
      </section>
    `;
  }

  /**
   * @param {Api} api
   * @param {RunBook} book
   */
  _makers(api, book) {
    const make = (/** @type {string} */ hub) => this.go(`sequences/new/${hub}`);
    return html`<p class="buttons makers">
      ${book.hubs.map(
        ({ id, name }) => html`<button class="main" @click=${() => make(id)}>
          ${book.hasSeveralHubs ? api.t("sequences.make_at", { hub: name }) : api.t("sequences.make")}
        </button>`,
      )}
    </p>`;
  }
}
