/** How to sign in with one request. */
export interface SignIn {
  /** The shell variable that the token is put into. */
  readonly variable: string;
  readonly path: string;
  readonly body: Readonly<Record<string, string>>;
  /** Where the token stands in the answer, as in `data.access_token`. */
  readonly member: string;
}

/** A line that signs in and keeps the token in the shell. */
export function signInLine(url: string, { variable, path, body, member }: SignIn): string {
  const login = `curl -s -H 'Content-Type: application/json' -d '${JSON.stringify(body)}' '${url}${path}'`;
  return `${variable}=$(${login} | node -p 'JSON.parse(fs.readFileSync(0)).${member}')`;
}

/** A line that asks for a path. @param authorization Written between double quotes, so that a variable is replaced. */
export function getLine(url: string, path: string, authorization?: string): string {
  const header = authorization === undefined ? '' : `-H "Authorization: ${authorization}" `;
  return `curl -i ${header}'${url}${path}'`;
}
