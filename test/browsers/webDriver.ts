/** A client of classic WebDriver (https://www.w3.org/TR/webdriver2/): as much of it as the tests use. */

export interface Session {
  /** What the driver says of the browser. */
  readonly capabilities: { readonly browserVersion: string };
  /** Asks for `path` below the session; a body makes it a POST. */
  send<T>(path: string, body?: object): Promise<T>;
  close(): Promise<void>;
}

async function ask<T>(method: string, address: string, body?: object): Promise<T> {
  const response = await fetch(address, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  return value;
}

/** Starts a browser; resolves once it has a window. */
export async function startSession(driver: string, capabilities: object): Promise<Session> {
  const made = await ask<{ sessionId: string; capabilities: Session['capabilities'] }>(
    'POST',
    `${driver}/session`,
    { capabilities: { alwaysMatch: capabilities } },
  );
  const address = `${driver}/session/${made.sessionId}`;
  return {
    capabilities: made.capabilities,
    send: (path, body) => ask(body ? 'POST' : 'GET', `${address}/${path}`, body),
    close: () => ask('DELETE', address),
  };
}
