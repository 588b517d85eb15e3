import { createHash } from 'node:crypto';
import { html, styleElement, type Html } from '../core/html.ts';
import { optional, text, wrong, type Reader } from '../core/options.ts';
import type { HeaderLine, Reply } from '../core/reply.ts';
import { color } from './page-colors.ts';
import { pageStyle } from './page-style.ts';

/** How the pages look. Whatever is chosen, text keeps a contrast of at least 4.5, in light and in dark. */
export interface PageLook {
  /** Whose pages these are, at the top of each; the host of their address by default. */
  readonly name?: string | undefined;
  /** The colour of buttons and links, as `#rrggbb`. It is made darker or lighter where it could not be read. */
  readonly accentColor?: string | undefined;
  /** An image before the name: `data:image/png;base64,…` (or svg+xml, jpeg, webp, gif), at most 48 KiB. */
  readonly logo?: string | undefined;
}

/** Readers of {@link PageLook}, for the options of whatever has pages. */
export const pageLookShape = {
  name: optional(text),
  accentColor: optional(color, '#2f5bea'),
  logo: optional(readLogo),
} as const;

/** One page, without what all of them have. */
export interface PageContent {
  /** 200 by default. */
  readonly status?: number | undefined;
  readonly title: string;
  /** What stands on the card. */
  readonly body: Html;
  /**
   * Where forms may lead besides the page's own origin, as sources of a Content-Security-Policy; `null` for a page
   * without forms. Chromium holds every redirect after a form to it (CSP 3 section 6.4.2), other browsers only the first
   * address.
   */
  readonly formTargets?: readonly string[] | null | undefined;
  readonly headers?: readonly HeaderLine[] | undefined;
}

/** Writes pages that all look alike. */
export type PageWriter = (content: PageContent) => Reply;

/**
 * Builds the writer of HTML pages: no script, no frame around them, nothing from elsewhere, nothing kept in a cache, and
 * no address of theirs told to other sites.
 */
export function pageWriter(look: {
  readonly name: string;
  readonly accentColor: string;
  readonly logo: string | undefined;
}): PageWriter {
  const { name, accentColor, logo } = look;
  const css = pageStyle(accentColor);
  const style = styleElement(css);
  const hash = createHash('sha256').update(css).digest('base64');
  const images = logo === undefined ? '' : 'img-src data:; ';
  const mark =
    logo === undefined
      ? html`<span class="mark" aria-hidden="true">${initialOf(name)}</span>`
      : html`<img src="${logo}" alt="" />`;

  return function writePage({ status = 200, title, body, formTargets = null, headers = [] }) {
    const forms = formTargets === null ? "'none'" : ["'self'", ...formTargets].join(' ');
    const policy =
      `default-src 'none'; style-src 'sha256-${hash}'; ${images}form-action ${forms}; ` +
      "frame-ancestors 'none'; base-uri 'none'";
    const document = html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title} - ${name}</title>
          ${style}
        </head>
        <body>
          <main>
            <p class="brand">${mark}<bdi>${name}</bdi></p>
            <div class="card">${body}</div>
          </main>
        </body>
      </html> `;
    return {
      status,
      headers: [
        ['Content-Type', 'text/html; charset=utf-8'],
        ['Content-Security-Policy', policy],
        ...PAGE_HEADERS,
        ...headers,
      ],
      body: document.source,
    };
  };
}

/** The letter that stands for a name where there is no picture of it. */
export function initialOf(name: string): string {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}

const PAGE_HEADERS: readonly HeaderLine[] = [
  ['Cache-Control', 'no-store'],
  ['Pragma', 'no-cache'],
  ['X-Frame-Options', 'DENY'],
  ['X-Content-Type-Options', 'nosniff'],
  // With `no-referrer` browsers would send `Origin: null` with the pages' own forms (Fetch section 3.2).
  ['Referrer-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
];

/** A function declaration, since the shape above is made before the constants below. */
function readLogo(value: unknown, path: string): string {
  const read: Reader<string> = text;
  const logo = read(value, path);
  if (logo.length <= MOST_LOGO_CHARACTERS && LOGO.test(logo)) return logo;
  throw wrong(path, 'an image as "data:image/png;base64,…" of at most 48 KiB', value);
}

const MOST_LOGO_CHARACTERS = 65_600;
const LOGO = /^data:image\/(?:png|svg\+xml|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}$/;
