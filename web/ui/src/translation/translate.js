/**
 * Every text of an island in the page's language.
 *
 * Keys are English, as the libraries write them; ours are the same. A Polish page takes bpmn-js-i18n's list and ours
 * (pl.json wins); a key that neither has is noted in `window.__i18nMissing`, which a test wants empty.
 */
import libraries from 'bpmn-js-i18n/translations/pl.js';
import own from './pl.json';

const polish = { ...libraries, ...own };
const missing = (window.__i18nMissing ??= new Set());

/**
 * Return a text in the page's language, `{name}` replaced from `values`.
 *
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export function translate(key, values = {}) {
  return inLanguage(key).replace(/{([^}]+)}/g, (whole, name) => values[name] ?? whole);
}

/** Take texts for translated that the office has written itself. */
export function leaveAsTheyAre(texts) {
  texts.forEach(text => { polish[text] ??= text; });
}

function inLanguage(key) {
  if (!document.documentElement.lang.startsWith('pl')) return key;
  if (Object.hasOwn(polish, key)) return polish[key];
  missing.add(key);
  return key;
}

/** What makes bpmn-js and its plug-ins ask us for their texts. */
export const translation = { translate: ['value', translate] };
