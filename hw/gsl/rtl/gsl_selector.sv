// The GSL selector of one crossbar: secret vector registers, and the lines that connect one segment of each column.
// Pins and behaviour: docs/cosim.md; the same, clock by clock, in hw/gsl/gsl_cycle.cpp.
module gsl_selector (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        zeroise_i,
  input  logic [5:0]  vectors_i,
  // a vector into its register
  input  logic        load_valid_i,
  output logic        load_ready_o,
  input  logic [4:0]  load_index_i,
  input  logic [63:0] load_vector_i,
  // a slot to be connected
  input  logic        select_valid_i,
  output logic        select_ready_o,
  input  logic [5:0]  select_slot_i,
  // its lines
  output logic        lines_valid_o,
  input  logic        lines_ready_i,
  output logic        lines_refused_o,
  output logic [63:0] even_o,
  output logic [63:0] odd_o,
  output logic [5:0]  loaded_o
);

  localparam integer Vectors = 32;

  typedef enum logic [1:0] {Idle, Off, Offer} state_e;

  logic [63:0]        vectors_q [Vectors];
  logic [Vectors-1:0] held_q;
  state_e             state_q;
  logic [5:0]         slot_q;
  logic               driven_q, refused_q;
  logic [63:0]        even_q, odd_q;

  logic               inverts, known, complete;
  logic [4:0]         index;
  logic [63:0]        vector;
  logic [Vectors-1:0] wanted;
  logic               loads, selects, stays;

  // Slot n+i is the complement of vector i.
  assign inverts    = slot_q >= vectors_i;
  assign index      = inverts ? slot_q[4:0] - vectors_i[4:0] : slot_q[4:0];
  assign vector     = inverts ? ~vectors_q[index] : vectors_q[index];
  assign known      = vectors_i != 6'd0 && vectors_i <= 6'd32 && {1'b0, slot_q} < {vectors_i, 1'b0};
  assign wanted     = ~({Vectors{1'b1}} << vectors_i);
  assign complete   = (held_q & wanted) == wanted;

  assign loads   = state_q == Idle && load_valid_i;
  assign selects = state_q == Idle && select_valid_i;
  assign stays   = driven_q && !loads && select_slot_i == slot_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int v = 0; v < Vectors; v++) vectors_q[v] <= '0;
      held_q <= '0;
    end else if (zeroise_i) begin
      for (int v = 0; v < Vectors; v++) vectors_q[v] <= '0;
      held_q <= '0;
    end else if (loads) begin
      vectors_q[load_index_i] <= load_vector_i;
      held_q[load_index_i]    <= 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= Idle;
      slot_q    <= '0;
      driven_q  <= 1'b0;
      refused_q <= 1'b0;
      even_q    <= '0;
      odd_q     <= '0;
    end else if (zeroise_i) begin
      state_q   <= Idle;
      slot_q    <= '0;
      driven_q  <= 1'b0;
      refused_q <= 1'b0;
      even_q    <= '0;
      odd_q     <= '0;
    end else begin
      case (state_q)
        Idle: begin
          if (loads || (selects && !stays)) begin
            driven_q <= 1'b0;
            even_q   <= '0;
            odd_q    <= '0;
          end
          if (selects) begin
            slot_q    <= select_slot_i;
            refused_q <= 1'b0;
            state_q   <= stays ? Offer : Off;
          end
        end
        // every line has been off for a clock: no column is ever connected twice
        Off: begin
          state_q   <= Offer;
          refused_q <= !(known && complete);
          if (known && complete) begin
            driven_q <= 1'b1;
            even_q   <= vector;
            odd_q    <= ~vector;
          end
        end
        default: begin
          if (lines_ready_i) state_q <= Idle;
        end
      endcase
    end
  end

  always_comb begin
    loaded_o = 6'd0;
    for (int v = 0; v < Vectors; v++) loaded_o = loaded_o + {5'd0, held_q[v]};
  end

  assign load_ready_o    = state_q == Idle;
  assign select_ready_o  = state_q == Idle;
  assign lines_valid_o   = state_q == Offer;
  assign lines_refused_o = state_q == Offer && refused_q;
  assign even_o          = even_q;
  assign odd_o           = odd_q;

`ifdef FORMAL // proven by scripts/check_formal, for every input and every number of clocks
  logic kept_q; // neither reset nor zeroised at the last edge

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) kept_q <= 1'b0;
    else kept_q <= !zeroise_i;
  end

  always_comb begin
    // no column is ever connected twice, and a vector is driven whole or not at all
    assert ((even_o & odd_o) == 64'd0);
    assert ((even_o | odd_o) == 64'd0 || (even_o | odd_o) == ~64'd0);
    // no bit of a vector is left
    if (!kept_q) begin
      assert ((even_o | odd_o) == 64'd0 && held_q == '0 && slot_q == '0);
      for (int v = 0; v < Vectors; v++) assert (vectors_q[v] == 64'd0);
    end
  end
`endif

endmodule
