/** What is wrong with something, in words, with what can be done about it. */

/** @import { Fault } from "../controllers/faults.js" */

import { html, nothing } from "../vendor/lit.js";

/** @param {readonly Fault[]} faults */
export const faultList = (faults) =>
  faults.map(
    ({ text, advice, severity }) =>
      html`<p class=${severity === "error" ? "problem" : "quiet"} role="alert">
        ${text} ${advice ? html`<span class="quiet">${advice}</span>` : nothing}
      </p>`,
  );
