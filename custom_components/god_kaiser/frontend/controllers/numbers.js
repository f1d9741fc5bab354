/** Numbers, as people read them. */

// How Home Assistant lets people choose that; without a choice it is as in their language.
const WAYS = /** @type {Record<string, string[]>} */ ({
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
});
const MOST_DECIMALS = 6;

/**
 * Return a number as somebody reads numbers; four digits are not torn apart, for a code or a year may have them.
 *
 * @param {number} number
 * @param {string|undefined} language
 * @param {string|undefined} way How numbers are written, as it was chosen in the profile.
 * @param {number} [decimals] So many, neither more nor less.
 */
export function spelledNumber(number, language, way, decimals) {
  const locale = way === "none" ? "en-US" : way === "system" ? undefined : (WAYS[way ?? ""] ?? language);
  const places = { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? MOST_DECIMALS };
  const groups = /** @type {Intl.NumberFormatOptions} */ ({ useGrouping: way === "none" ? false : "min2" });
  return new Intl.NumberFormat(locale, { ...places, ...groups }).format(number);
}
