// Building elements. Text always becomes a text node, so nothing that comes
// from outside can become markup.

const SVG = "http://www.w3.org/2000/svg";
const SHORT = { label: "aria-label", testid: "data-testid", focus: "data-focus" };

function setAttribute(element, name, value) {
  if (name.startsWith("on")) {
    element.addEventListener(name.slice(2), value);
  } else if (value !== null && value !== undefined && value !== false) {
    element.setAttribute(SHORT[name] ?? name, value === true ? "" : value);
  }
}

function isAttributes(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Node);
}

// el("button.key", { onclick: press }, "5"): tag and classes, attributes if
// any, then children; those that are null are left out. A button submits
// nothing unless its type says so; `focus` marks what gets the focus first.
export function el(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  element.classList.add(...classes);
  if (tag === "button") {
    element.type = "button";
  }
  if (isAttributes(rest[0])) {
    Object.entries(rest.shift()).forEach(([key, value]) => setAttribute(element, key, value));
  }
  element.append(...rest.flat().filter((child) => child !== null));
  return element;
}

// A drawing that says nothing: screen readers pass over it.
export const drawn = (name, ...children) => el(name, { "aria-hidden": "true" }, ...children);

// A drawing of strokes in a box of 24 by 24.
export function strokes(name, paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

// Calls `done` once, when what is in the page now is painted: two frames later,
// or at once in a hidden tab, which paints nothing.
export function afterPaint(done) {
  if (document.hidden) {
    done();
    return;
  }
  let told = false;
  const ended = new AbortController();
  const tellOnce = () => {
    if (!told) {
      told = true;
      ended.abort();
      done();
    }
  };
  document.addEventListener("visibilitychange", tellOnce, { signal: ended.signal });
  requestAnimationFrame(() => requestAnimationFrame(tellOnce));
}
