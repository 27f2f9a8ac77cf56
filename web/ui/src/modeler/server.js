/** What the editor asks the server: the same routes, token and answers as a form of the page. */

/** A refusal the server has explained in the page's language. */
export class Refused extends Error {}

/**
 * Send the diagram to a route of the editor and return its JSON.
 *
 * @param {string} address
 * @param {string} token the session's form token
 * @param {Record<string, string>} fields `xml` travels as a file, whose size a form field could not have
 */
export async function send(address, token, fields) {
  const body = new FormData();
  body.append('form_token', token);
  for (const [name, value] of Object.entries(fields)) {
    body.append(name, name === 'xml' ? new Blob([value], { type: 'application/xml' }) : String(value));
  }
  const answer = await fetch(address, { method: 'POST', body, credentials: 'same-origin', redirect: 'error' });
  const isJson = answer.headers.get('content-type')?.startsWith('application/json');
  const told = isJson ? await answer.json() : {};
  if (!isJson) throw new Refused(answer.status === 413 ? 'too large' : 'session');
  return { ...told, ok: answer.ok };
}
