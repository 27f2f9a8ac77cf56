/**
 * Island `replay`: the steps of a case without loading the page anew.
 *
 * The page says everything without it (links, a form with the slider). It gives `{source, step, texts}`; the island
 * fetches the window of steps once and shows each in the elements marked `data-role`. A step outside the window, or
 * one run by another version of the diagram, is opened as a page of its own.
 */
import { make, startIslands } from './page/islands.js';

const PAUSE = 1600; // milliseconds a step is shown while it plays by itself

startIslands('replay', async (place, given) => {
  const answer = await fetch(given.source, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`expected the steps from ${given.source}, but got ${answer.status}`);
  const { last, steps } = await answer.json();
  const known = new Map(steps.map(step => [step.seq, step]));
  const role = name => place.querySelector(`[data-role="${name}"]`);
  const range = place.querySelector('input[type=range]');
  const diagram = place.querySelector('[data-island="diagram"]');
  const { source } = known.get(given.step);
  let at = given.step, timer = 0;

  const show = seq => {
    const step = known.get(seq);
    if (!step || step.source !== source) {
      window.location.assign(`?step=${seq}`);
      return;
    }
    at = seq;
    range.value = String(seq);
    range.setAttribute('aria-valuetext', step.valuetext);
    for (const name of ['at', 'who', 'command']) role(name).textContent = step[name];
    role('title').textContent = step.valuetext;
    fill(role('active'), step.active.length ? step.active : [given.texts.ended], text => make('li', {}, text));
    fill(role('sentences'), step.sentences.length ? step.sentences : [step.command], text => make('li', {}, text));
    fill(role('reasons'), step.reasons, reason => reasonItem(reason, given.texts));
    if (!step.reasons.length) role('reasons').append(make('li', { className: 'kind' }, given.texts.straight));
    fill(role('changes'), step.changes, change => changeRow(change, given.texts));
    if (!step.changes.length) {
      role('changes').append(make('tr', {}, make('td', { colSpan: 3, className: 'kind' }, given.texts.nothing)));
    }
    const revealed = role('reveal-step');
    if (revealed) revealed.value = String(seq);
    for (const link of place.querySelectorAll('[data-step]')) {
      if (link.dataset.step === String(seq)) link.setAttribute('aria-current', 'step');
      else link.removeAttribute('aria-current');
    }
    lead();
    diagram?.dispatchEvent(new CustomEvent('obieg:marks', { detail: step.marks }));
    window.history.replaceState(null, '', `?step=${seq}`);
  };

  const targets = { first: () => 1, prev: () => at - 1, next: () => at + 1, last: () => last };
  const lead = () => {
    for (const [name, target] of Object.entries(targets)) {
      const link = role(name), there = target();
      if (there < 1 || there > last || there === at) {
        link.removeAttribute('href');
        link.setAttribute('aria-disabled', 'true');
      } else {
        link.href = `?step=${there}`;
        link.removeAttribute('aria-disabled');
      }
    }
  };

  const pause = () => {
    window.clearInterval(timer);
    timer = 0;
    role('play').textContent = given.texts.play;
  };
  const play = () => {
    if (timer) return pause();
    if (at === last) show(1);
    role('play').textContent = given.texts.pause;
    timer = window.setInterval(() => (at < last ? show(at + 1) : pause()), PAUSE);
  };

  range.addEventListener('input', () => { pause(); show(Number(range.value)); });
  range.form.addEventListener('submit', event => { event.preventDefault(); pause(); show(Number(range.value)); });
  for (const [name, target] of Object.entries(targets)) {
    role(name).addEventListener('click', event => {
      event.preventDefault();
      pause();
      if (role(name).hasAttribute('href')) show(target());
    });
  }
  role('steps').addEventListener('click', event => {
    const link = event.target.closest('[data-step]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    pause();
    show(Number(link.dataset.step));
  });
  // Whoever wants less motion goes step by step; nothing ever moves before it is asked to.
  if (!window.matchMedia('(prefers-reduced-motion: reduce)').matches) {
    role('play').hidden = false;
    role('play').addEventListener('click', play);
  }
  role('go').hidden = true;
});

function fill(list, items, item) {
  list.replaceChildren(...items.map(item));
}

function reasonItem({ name, source, holds, values }, texts) {
  const item = make('li', {}, `${name}: `, make('code', {}, source), ' – ',
    make('strong', {}, holds ? texts.holds : texts.fails));
  if (values.length) {
    const seen = make('span', { className: 'kind' }, ' ');
    values.forEach(([part, value], at) => seen.append(at ? '; ' : '', make('code', {}, part), ` = ${value}`));
    item.append(seen);
  }
  return item;
}

function changeRow({ name, owner, before, after }, texts) {
  const head = make('th', { scope: 'row' }, name);
  if (owner) head.append(' ', make('span', { className: 'kind' }, texts.where.replace('{name}', owner)));
  return make('tr', {}, head, make('td', {}, before), make('td', {}, after));
}
