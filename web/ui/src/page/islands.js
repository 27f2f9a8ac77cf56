/** Where an island stands on its page, and what the page has given it. */

/**
 * Start an island at every element of its name; one that fails says so in words and leaves the rest of the page alone.
 *
 * @param {string} name value of `data-island`
 * @param {(place: HTMLElement, given: object) => Promise<void> | void} start
 */
export function startIslands(name, start) {
  for (const place of document.querySelectorAll(`[data-island="${name}"]`)) {
    Promise.resolve()
      .then(() => start(place, givenTo(place)))
      .then(() => { place.dataset.ready = 'yes'; })
      .catch(error => { place.dataset.ready = 'failed'; console.error(error); });
  }
}

/** Return the JSON the page has put into `<script type="application/json">` of an island, `{}` without one. */
function givenTo(place) {
  const script = place.querySelector(':scope > script[type="application/json"]');
  return script ? JSON.parse(script.textContent) : {};
}

/**
 * Return a new element with properties and children; text is text, never markup.
 *
 * @param {string} tag
 * @param {object} [properties] `data…`/`aria-…` as attributes, the rest as properties
 * @param {...(Node|string)} children
 */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}
