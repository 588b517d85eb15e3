/**
 * Looks at a page as it is shown and lists what would keep somebody out. It runs in the browser, and its last expression
 * is the result. Colours come from the computed styles, with everything that is half transparent laid over what is below.
 */
(() => {
  const found = [];
  const complain = (what, element) =>
    found.push(element === undefined ? what : `${what}: ${element.outerHTML.slice(0, 120)}`);
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)];

  function colorOf(text) {
    const parts = /rgba?\(([^)]+)\)/
      .exec(text)?.[1]
      .split(/[\s,/]+/)
      .map(Number) ?? [0, 0, 0, 0];
    return { rgb: parts.slice(0, 3), alpha: parts[3] ?? 1 };
  }
  function over(front, back) {
    return front.rgb.map((channel, index) => channel * front.alpha + back[index] * (1 - front.alpha));
  }
  function backgroundOf(element) {
    if (element === null) return [255, 255, 255];
    const own = colorOf(getComputedStyle(element).backgroundColor);
    return own.alpha === 1 ? own.rgb : over(own, backgroundOf(element.parentElement));
  }
  function luminance(rgb) {
    const [r, g, b] = rgb.map((channel) => {
      const part = channel / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }
  function nameOf(control) {
    const labelled =
      control.labels?.length > 0
        ? [...control.labels].map((label) => label.innerText).join(' ')
        : control.innerText;
    return (control.getAttribute('aria-label') ?? labelled ?? '').trim();
  }

  // The page as a whole.
  if (document.documentElement.lang === '') complain('no language');
  if (document.title.trim() === '') complain('no title');
  if (all('h1').length !== 1) complain(`${all('h1').length} main headings`);
  if (all('main').length !== 1) complain(`${all('main').length} main parts`);
  const levels = all('h1,h2,h3,h4').map((each) => Number(each.localName[1]));
  levels.forEach(
    (level, index) =>
      index > 0 && level > levels[index - 1] + 1 && complain(`a heading of level ${level} is alone`),
  );
  if (all('script,link,iframe,object,embed,[style]').length > 0)
    complain('something that the policy forbids');
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
    complain('it has to be scrolled sideways');

  // What is referred to.
  const ids = all('[id]').map((each) => each.id);
  ids.filter((id, index) => ids.indexOf(id) !== index).forEach((id) => complain(`id "${id}" twice`));
  for (const attribute of ['aria-describedby', 'aria-labelledby', 'for']) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(' '))
        if (!ids.includes(id)) complain(`no "${id}"`, element);
    }
  }
  for (const image of all('img')) if (!image.hasAttribute('alt')) complain('no text for an image', image);
  for (const svg of all('svg'))
    if (svg.getAttribute('aria-hidden') !== 'true') complain('a drawing without words', svg);

  // What can be operated.
  const controls = all('input:not([type=hidden]),button,a[href],summary,select,textarea').filter(shown);
  for (const control of controls) {
    if (nameOf(control) === '') complain('no name', control);
    if (control.tabIndex !== 0) complain('another place in the order of focus', control);
    const { width, height } = control.getBoundingClientRect();
    if (width < 24 || height < 24) {
      if (control.localName !== 'a' && control.localName !== 'summary')
        complain(`only ${width} by ${height}`, control);
    }
    if (control.localName !== 'input') continue;
    if (control.type !== 'text' && control.type !== 'password')
      complain('a field of an unexpected type', control);
    if (control.labels.length !== 1) complain('no label of its own', control);
    const edge = colorOf(getComputedStyle(control).borderTopColor);
    const around = backgroundOf(control.parentElement);
    if (contrast(over(edge, around), around) < 3) complain('an edge that can hardly be seen', control);
  }

  // Every text against what is behind it.
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.localName === 'style' || !shown(element)) continue;
    const background = backgroundOf(element);
    const ratio = contrast(over(colorOf(getComputedStyle(element).color), background), background);
    if (ratio < 4.5) complain(`a contrast of ${ratio.toFixed(2)}`, element);
  }
  for (const field of all('input:not([type=hidden])').filter(shown)) {
    const background = backgroundOf(field);
    if (contrast(over(colorOf(getComputedStyle(field).color), background), background) < 4.5)
      complain('pale text', field);
  }
  return found;
})();
