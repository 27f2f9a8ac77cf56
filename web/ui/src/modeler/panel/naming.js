/** Buttons of bpmn-js' panel are all called "Toggle section": here each says of what, and whether it is open. */

const HEADER = '.bio-properties-panel-group-header, .bio-properties-panel-collapsible-entry-header';
const TITLE = '.bio-properties-panel-group-header-title, .bio-properties-panel-collapsible-entry-header-title';

/**
 * Keep the buttons of a panel named as it changes.
 *
 * @param {HTMLElement} panel
 */
export function nameButtons(panel) {
  const name = () => panel.querySelectorAll(HEADER).forEach(header => {
    const title = header.querySelector(TITLE)?.textContent ?? '';
    for (const button of header.querySelectorAll('button')) {
      const isArrow = button.classList.contains('bio-properties-panel-arrow');
      set(button, 'aria-label', isArrow ? title : `${title}: ${button.title}`);
      if (isArrow) set(button, 'aria-expanded', String(header.nextElementSibling?.classList.contains('open') ?? false));
    }
  });
  new MutationObserver(name).observe(panel, { childList: true, subtree: true, attributeFilter: ['class', 'title'] });
  name();
}

function set(button, attribute, value) {
  if (button.getAttribute(attribute) !== value) button.setAttribute(attribute, value);
}
