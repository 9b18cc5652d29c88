/** Weeks and dates: week 0 begins on Monday 7 January 2008. */
const DAY_ZERO = Date.UTC(2008, 0, 7);
const WEEK = 7 * 86_400_000;
const spoken = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** The day on which a week begins. */
export const dateOf = (week) => new Date(DAY_ZERO + week * WEEK);
/** The day on which a week begins, such as "2015-02-02". */
export const isoOf = (week) => dateOf(week).toISOString().slice(0, 10);
/** The week, with a fraction, of a moment. */
export const weekOf = (date) => (date - DAY_ZERO) / WEEK;
/** "2 March 2015", of a Date or an ISO date. */
export const say = (date) => spoken.format(new Date(date));
/** "2 Mar 2015". */
export const sayShort = (date) => short.format(new Date(date));
