import { expect, it } from 'vitest';
import { inChromium } from './chromium.ts';
import { listen, stopHostsAfterEach } from './frameworks.ts';

stopHostsAfterEach();

inChromium('inChromium', (visit) => {
  it('opens pages without scripts, notes what is asked for and complained of, and begins without cookies', async () => {
    const cookies: (string | undefined)[] = [];
    const host = await listen((request, response) => {
      if (request.url === '/') cookies.push(request.headers.cookie);
      response.setHeader('Set-Cookie', 'a=1');
      response.setHeader('Content-Type', 'text/html');
      response.setHeader('Content-Security-Policy', "style-src 'none'");
      response.end(
        '<title>Hello</title><style>p{color:red}</style><p>there<script>document.title="no"</script>',
      );
    });
    const url = `http://127.0.0.1:${host.port}/`;
    for (const scripts of [false, true]) {
      const { page, requests, complaints } = await visit({ scripts });
      await page.goto(url);
      expect(await page.title()).toBe(scripts ? 'no' : 'Hello');
      expect(await page.evaluate('document.body.firstElementChild.localName')).toBe('p');
      expect(requests[0]).toBe(`GET ${url}`);
      expect(complaints[0]).toContain("style-src 'none'");
    }
    expect(cookies).toEqual([undefined, undefined]);
  });
});
