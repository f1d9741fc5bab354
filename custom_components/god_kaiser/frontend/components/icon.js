/** Small pictures on buttons; what they mean is said by the button. */

import { html } from "../vendor/lit.js";

export const CROSS =
  "M19 6.41 17.59 5 12 10.59 6.41 5 5 6.41 10.59 12 5 17.59 6.41 19 12 13.41 17.59 19 19 17.59 13.41 12z";

/** @param {string} path */
export const icon = (path) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${path}></path></svg>`;
