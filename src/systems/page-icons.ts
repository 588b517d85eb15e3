import { html } from '../core/html.ts';

/** A check mark; decoration, since words stand beside it. */
export const CHECK = html`<svg
  viewBox="0 0 20 20"
  fill="none"
  stroke="currentColor"
  stroke-width="2.2"
  stroke-linecap="round"
  stroke-linejoin="round"
  aria-hidden="true"
>
  <path d="M4 10.5 8 14.5 16 5.5" />
</svg>`;

/** A cross; decoration as well. */
export const CROSS = html`<svg
  viewBox="0 0 20 20"
  fill="none"
  stroke="currentColor"
  stroke-width="2.2"
  stroke-linecap="round"
  aria-hidden="true"
>
  <path d="M5 5 15 15M15 5 5 15" />
</svg>`;
