/**
 * Island `modeler`: draws a process, shows what the check says, saves drafts, deploys.
 *
 * The page gives `{source, templates, addresses, token, based_on, revision, office}` and has, by `data-part`: canvas,
 * panel, status, summary, findings, opinion, comment, changes, the dialog, and buttons by `data-do`.
 */
import { startIslands } from './page/islands.js';
import { translate } from './translation/translate.js';
import { openEditor } from './modeler/editor.js';
import { Findings } from './modeler/findings.js';
import { showChanges } from './modeler/deploying.js';
import { Refused, send } from './modeler/server.js';
import './diagram/diagram.css';
import './modeler/modeler.css';

const PAUSE = 600; // milliseconds without a change before the check is asked

startIslands('modeler', async (place, given) => {
  const part = name => place.querySelector(`[data-part="${name}"]`);
  const [diagram, templates] = await Promise.all([ask(given.source), ask(given.templates)]);
  const places = { canvas: part('canvas'), panel: part('panel') };
  const modeler = await openEditor(places, await diagram.text(), given.office, await templates.json());
  document.getElementById('without').remove(); // what to do without JavaScript
  new Desk(place, part, given, modeler).open();
  place.modeler = modeler; // for the tests of this page
});

async function ask(address) {
  const answer = await fetch(address, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`expected an answer from ${address}, but got ${answer.status}`);
  return answer;
}

/** One open diagram: what was saved of it, and what the buttons do. */
class Desk {
  constructor(place, part, given, modeler) {
    Object.assign(this, { place, part, given, modeler, revision: given.revision, isSaved: true });
    this.findings = new Findings(modeler, part('findings'), part('summary'));
  }

  open() {
    const verbs = { save: this.save, opinion: this.opinion, deploy: this.preview, confirm: this.deploy, cancel: () => this.part('dialog').close() };
    for (const [name, verb] of Object.entries(verbs)) {
      this.place.querySelectorAll(`[data-do="${name}"]`).forEach(button => { button.onclick = () => this.attempt(verb); });
    }
    this.modeler.on('commandStack.changed', () => this.changed());
    this.place.addEventListener('keydown', event => {
      if ((event.ctrlKey || event.metaKey) && event.key === 's') { event.preventDefault(); this.attempt(this.save); }
    });
    this.part('panel').addEventListener('keydown', event => {
      if (event.key === 'Escape') this.modeler.get('canvas').focus();
    });
    window.addEventListener('beforeunload', event => { if (!this.isSaved) event.preventDefault(); });
    this.attempt(this.check);
  }

  changed() {
    this.isSaved = false;
    this.tell(translate('Changes not saved'));
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.attempt(this.check), PAUSE);
  }

  async attempt(verb) {
    try {
      await verb.call(this);
    } catch (error) {
      if (!(error instanceof Refused)) console.error(error);
      this.tell(translate(error instanceof Refused && error.message === 'too large'
        ? 'The diagram is too large' : 'The server does not answer. Nothing is lost: try again, or sign in in another window'));
    }
  }

  tell(text) {
    if (this.part('status').textContent !== text) this.part('status').textContent = text;
  }

  async send(name, fields = {}) {
    const { xml } = await this.modeler.saveXML({ format: true });
    const answer = await send(this.given.addresses[name], this.given.token, { xml, ...fields });
    if (answer.findings) this.findings.show(answer.findings, answer.summary);
    if (answer.told) this.tell(answer.told);
    return answer;
  }

  async check() {
    const asked = this.asked = {};
    const { xml } = await this.modeler.saveXML({ format: true });
    const answer = await send(this.given.addresses.check, this.given.token, { xml });
    if (asked === this.asked) this.findings.show(answer.findings, answer.summary); // a later question answers itself
  }

  async save() {
    const before = this.modeler.get('commandStack')._stackIdx;
    const answer = await this.send('save', { revision: this.revision, based_on: this.given.based_on });
    if (!answer.ok) return false;
    this.revision = answer.revision;
    this.isSaved = before === this.modeler.get('commandStack')._stackIdx;
    return true;
  }

  async opinion() {
    this.tell(translate('Examining all runs'));
    const answer = await this.send('opinion');
    this.part('opinion').textContent = answer.opinion ?? '';
  }

  async preview() {
    const answer = await this.send('changes');
    if (!answer.ok) return;
    showChanges(this.part('changes'), answer.said, answer.changes);
    this.part('dialog').showModal();
  }

  async deploy() {
    this.part('dialog').close();
    if (!await this.save()) return;
    const answer = await this.send('deploy', { comment: this.part('comment').value, based_on: this.given.based_on });
    if (!answer.ok) return;
    this.isSaved = true;
    location.assign(answer.address);
  }
}
