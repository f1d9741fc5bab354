/** Spans of time and moments, as people read them. */

/** @typedef {{language: string|undefined, zone: string|undefined, hour12: boolean|undefined}} Reader How somebody reads. */

/** @param {number} seconds */
export function spelled(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const [minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return hours ? `${hours}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
}

/**
 * Return what is left of a span by now; one that stands still stays as it was told.
 *
 * @param {number|null} left
 * @param {number} received
 * @param {number} now
 * @param {boolean} isCounting
 */
export function remaining(left, received, now, isCounting) {
  if (left === null) return null;
  return isCounting ? Math.max(0, left - Math.max(0, now - received) / 1000) : left;
}

/**
 * Return a moment: the time alone when it is today, to the second where that matters.
 *
 * @param {string} moment
 * @param {Reader} reader
 * @param {boolean} isExact
 */
export function spelledMoment(moment, { language, zone, hour12 }, isExact) {
  /** @type {(at: Date, parts: Intl.DateTimeFormatOptions) => string} */
  const spell = (at, parts) =>
    new Intl.DateTimeFormat(language, { ...parts, ...(zone ? { timeZone: zone } : {}) }).format(at);
  const at = new Date(moment);
  const isToday = spell(at, { dateStyle: "short" }) === spell(new Date(), { dateStyle: "short" });
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { day: "numeric", month: "short" };
  /** @type {Intl.DateTimeFormatOptions} */
  const clock = { hour: "numeric", minute: "2-digit", ...(isExact ? { second: "2-digit" } : {}) };
  return spell(at, { ...day, ...clock, ...(hour12 === undefined ? {} : { hour12 }) });
}
