/** What the protected routes answer with. */
export const PRODUCTS = [
  { id: 1, name: 'Lantern', price: '24.00' },
  { id: 2, name: 'Rope, 20 m', price: '31.50' },
  { id: 3, name: 'Portable forge', price: '480.00' },
];

export const CATEGORIES = [
  { id: 1, name: 'Light' },
  { id: 2, name: 'Tools' },
];

interface Audience {
  readonly id: string;
  readonly name: string;
}

const AUDIENCES: Readonly<Record<string, readonly Audience[]>> = {
  'ws-harbour': [
    { id: 'aud-1', name: 'Sailors' },
    { id: 'aud-2', name: 'Fishers' },
  ],
  'ws-hill': [{ id: 'aud-3', name: 'Shepherds' }],
};

/** The audiences of one workspace; there is no way to ask for those of all. */
export function audiencesOf(workspace: string): {
  all(): readonly Audience[];
  find(id: string): Audience | undefined;
} {
  const audiences = AUDIENCES[workspace] ?? [];
  return {
    all: () => audiences,
    find: (id) => audiences.find((audience) => audience.id === id),
  };
}

/** What research somebody sees: a user their own, and whoever acts for a team the team's. */
export function researchOf(
  owner: string,
  team: string | null,
): readonly { readonly id: string; readonly title: string }[] {
  return [
    { id: `${owner}-1`, title: `Notes of ${owner}` },
    ...(team === null ? [] : [{ id: `${team}-1`, title: `Findings of the team ${team}` }]),
  ];
}

export function reportsOf(account: number): readonly { readonly id: number; readonly title: string }[] {
  return [{ id: account * 10 + 1, title: `Sales of account ${account}` }];
}
