// The playground: each model's predictions on a coarse grid, epoch by epoch, under a slider.
const play = async () => {
  const at = (name) => document.getElementById(`play-${name}`);
  const data = JSON.parse(at("data").textContent);
  const [plane, chart] = [at("plane"), at("loss")];
  const [pick, view, what, slider, says] = ["model", "view", "what", "epoch", "says"].map(at);
  const { asked, names, side, planes } = data;
  const places = side * side;
  const outputs = asked === "classes" && names.length === 2 ? 1 : names.length;
  const most = 12; // names in a key
  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const frames = new Uint8Array(await new Response(stream).arrayBuffer());
    for (let i = outputs * places; i < frames.length; i += 1) frames[i] += frames[i - outputs * places];
    return frames;
  };
  const recorded = await Promise.all(
    data.models.map((model) => Promise.all(model.frames.map(unpacked))),
  );
  const cell = { column: (side - 1) / 2, row: (side - 1) / 2 };
  const model = () => data.models[pick.selectedIndex];
  const shown = () => planes[view.selectedIndex];
  // A model's prediction at a place: from 0 to 1 for each class, label or target.
  const said = (column, row) => {
    const frames = recorded[pick.selectedIndex][view.selectedIndex];
    const start = Number(slider.value) * outputs * places + row * side + column;
    const own = Array.from({ length: outputs }, (_, i) => frames[start + i * places] / 255);
    return asked === "classes" && outputs === 1 ? [1 - own[0], own[0]] : own;
  };
  const style = () => getComputedStyle(document.documentElement);
  const ink = (name) => style().getPropertyValue(`--${name}`).trim();
  const colour = (code) => ink(`c${(code % 7) + 1}`);
  const rgb = (hex) => {
    const long = hex.length === 4 ? [...hex.slice(1)].map((sign) => sign + sign).join("") : hex.slice(1);
    return [0, 2, 4].map((i) => parseInt(long.slice(i, i + 2), 16));
  };
  const number = (share, target) => {
    const [low, high] = data.ends.map((ends) => ends[target]);
    return low + share * (high - low);
  };
  const ranges = names.map((_, target) => {
    const known = data.targets.map((row) => row[target]);
    return [Math.min(...known), Math.max(...known)];
  });
  // How deep the shade of a number is: from the rows' smallest to their largest.
  const deep = (value) => {
    const [least, largest] = ranges[what.selectedIndex];
    return 0.04 + 0.86 * Math.min(1, Math.max(0, (value - least) / (largest - least || 1)));
  };

  // The colour and opacity of a model's prediction at a place.
  const shade = (own, colours) => {
    if (asked === "targets") {
      const target = what.selectedIndex;
      return [...colours[0], 255 * deep(number(own[target], target))];
    }
    if (asked === "labels") {
      const share = own[what.selectedIndex];
      return [...colours[share < 0.5 ? 0 : 1], 255 * (0.06 + 0.39 * Math.abs(2 * share - 1))];
    }
    const best = own.indexOf(Math.max(...own));
    const sure = (own[best] - 1 / own.length) / (1 - 1 / own.length);
    return [...colours[best], 255 * (0.06 + 0.39 * sure)];
  };
  const mark = (pen, x, y, code) => {
    pen.beginPath();
    const kind = code % 4;
    if (kind === 0) pen.arc(x, y, 3.5, 0, 7);
    else if (kind === 2) pen.rect(x - 3.2, y - 3.2, 6.4, 6.4);
    else {
      const up = kind === 1 ? -1 : 1;
      pen.moveTo(x, y + 4.4 * up);
      pen.lineTo(x + 4, y - 3 * up);
      pen.lineTo(x - 4, y - 3 * up);
      pen.closePath();
    }
    pen.fill();
    pen.stroke();
  };
  // A row of this target, as a mark that has the colour of what would be right.
  const markOf = (pen, x, y, target) => {
    pen.lineWidth = 0.9;
    pen.strokeStyle = ink("ink"); // on a shade of its own colour a mark is seen by its edge
    pen.fillStyle = colour(target);
    if (asked === "targets") {
      // On the ground, so that it has the very shade of a place of this number.
      pen.fillStyle = ink("ground");
      mark(pen, x, y, 0);
      pen.fillStyle = `rgba(${rgb(colour(0)).join(",")},${deep(target)})`;
    }
    mark(pen, x, y, asked === "targets" ? 0 : target);
  };
  const drawPlane = () => {
    const small = new OffscreenCanvas(side, side);
    const image = new ImageData(side, side);
    const colours = names.concat("").map((_, code) => rgb(colour(code)));
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        const place = ((side - 1 - row) * side + column) * 4;
        image.data.set(shade(said(column, row), colours), place);
      }
    }
    small.getContext("2d").putImageData(image, 0, 0);
    plane.height = Math.round(plane.width * shown().up);
    const pen = plane.getContext("2d");
    const { width, height } = plane;
    pen.clearRect(0, 0, width, height);
    pen.drawImage(small, 0, 0, width, height);
    const [[left, right], [bottom, top]] = shown().ends;
    shown().rows.forEach(([x, y], i) => {
      const across = ((x - left) / (right - left)) * width;
      const target = data.targets[i][asked === "classes" ? 0 : what.selectedIndex];
      markOf(pen, across, (1 - (y - bottom) / (top - bottom)) * height, target);
    });
    const x = ((cell.column + 0.5) / side) * width;
    const y = (1 - (cell.row + 0.5) / side) * height;
    pen.strokeStyle = ink("ink");
    pen.lineWidth = 1.2;
    pen.strokeRect(x - 5, y - 5, 10, 10);
  };
  const drawLoss = () => {
    const pen = chart.getContext("2d");
    const { width, height } = chart;
    const lines = [model().loss, model().val_loss].map((line) => line.filter(Number.isFinite));
    const all = lines.flat();
    const [least, largest] = [Math.min(...all), Math.max(...all)];
    const longest = Math.max(...lines.map((line) => line.length), 2);
    const across = (epoch) => 8 + ((epoch - 1) / (longest - 1)) * (width - 16);
    const up = (value) => 24 + (1 - (value - least) / (largest - least || 1)) * (height - 48);
    pen.clearRect(0, 0, width, height);
    pen.font = "15px system-ui, sans-serif"; // 11 pixels where a phone shows the chart smaller
    pen.fillStyle = ink("soft");
    pen.fillText(`loss (lower is better) ${largest}`, 8, 17);
    pen.fillText(`${least}`, 8, height - 6);
    lines.forEach((line, second) => {
      pen.strokeStyle = colour(0);
      pen.lineWidth = 1.6;
      pen.setLineDash(second ? [] : [5, 4]);
      pen.beginPath();
      line.forEach((value, i) => pen.lineTo(across(i + 1), up(value)));
      pen.stroke();
    });
    pen.setLineDash([]);
    pen.strokeStyle = ink("ink");
    pen.beginPath();
    const now = across(model().epochs[Number(slider.value)]);
    pen.moveTo(now, 20);
    pen.lineTo(now, height - 20);
    pen.stroke();
  };
  const drawKey = () => {
    const target = what.selectedIndex;
    const [least, largest] = ranges[target] ?? [];
    const keys = {
      classes: names.slice(0, most).map((name, code) => [name, code]),
      labels: [[`not ${names[target]}`, 0], [names[target], 1]],
      targets: [least, (least + largest) / 2, largest].map((n) => [n.toPrecision(3), n]),
    };
    const items = keys[asked].map(([name, of]) => {
      const [item, sign] = [document.createElement("li"), document.createElement("canvas")];
      [sign.width, sign.height] = [14, 14];
      markOf(sign.getContext("2d"), 7, 7, of);
      item.append(sign, name);
      return item;
    });
    if (asked === "classes" && names.length > most) items.push(`… ${names.length - most} more`);
    at("key").replaceChildren(...items);
    const [across, up] = shown().axes;
    at("axes").textContent = `Across: ${across}. Up: ${up}.`;
  };
  const draw = () => {
    drawPlane();
    drawLoss();
    const epoch = model().epochs[Number(slider.value)];
    const value = (axis, place) => {
      const [first, last] = shown().ends[axis];
      return (first + (place / (side - 1)) * (last - first)).toPrecision(3);
    };
    const where = [cell.column, cell.row].map((n, axis) => `${shown().axes[axis]} ${value(axis, n)}`);
    const own = said(cell.column, cell.row);
    const told = names.map((name, code) => [
      own[code],
      `${name}: ${asked === "targets" ? number(own[code], code).toPrecision(3) : own[code].toFixed(2)}`,
    ]);
    if (asked === "classes" && told.length > 6) told.sort(([a], [b]) => b - a).splice(5);
    const losses = ["loss", "val_loss"].map((name) => model()[name][epoch - 1] ?? "not measured");
    const counts = epoch === model().counts ? ", the epoch that is used" : "";
    slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
    says.textContent =
      `Epoch ${epoch}: training loss ${losses[0]}, validation loss ${losses[1]}${counts}. ` +
      `At ${where.join(", ")} it predicts ${told.map(([, text]) => text).join(", ")}.`;
  };
  const redraw = () => {
    drawKey();
    draw();
  };
  const choose = () => {
    slider.max = model().epochs.length - 1;
    slider.value = model().opens;
    redraw();
  };
  const move = (column, row) => {
    const inside = (n) => Math.max(0, Math.min(side - 1, n));
    Object.assign(cell, { column: inside(column), row: inside(row) });
    draw();
  };

  for (const { name } of data.models) pick.add(new Option(name));
  for (const { name } of planes) view.add(new Option(name));
  for (const name of names) what.add(new Option(name));
  view.parentElement.hidden = planes.length < 2;
  what.parentElement.hidden = asked === "classes" || names.length < 2;
  pick.addEventListener("change", choose);
  slider.addEventListener("input", draw);
  for (const select of [view, what]) select.addEventListener("change", redraw);
  plane.addEventListener("pointermove", (event) => {
    const box = plane.getBoundingClientRect();
    const step = (n, size) => Math.floor((n / size) * side);
    move(step(event.clientX - box.left, box.width), step(box.bottom - event.clientY, box.height));
  });
  plane.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    move(cell.column + step[0], cell.row + step[1]);
  });
  for (const medium of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(medium).addEventListener("change", redraw);
  }
  choose();
  at("box").hidden = false;
  at("needs").hidden = true;
};
if (document.getElementById("play-data")) play();
