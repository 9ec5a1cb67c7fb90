// The LFSR converter: 256 bits, each one where the state of an LFSR is below the level. Pins and behaviour: docs/cosim.md; the
// same, clock by clock, in hw/converter/lfsr_cycle.cpp.
module lfsr_converter (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       zeroise_i,
  // a level
  input  logic       request_valid_i,
  output logic       request_ready_o,
  input  logic [7:0] level_i,
  input  logic [7:0] seed_i,
  // its stream, bit by bit
  output logic       bit_valid_o,
  input  logic       bit_ready_i,
  output logic       bit_o,
  output logic       last_o
);

  logic       busy_q;
  logic [7:0] state_q, level_q, position_q;
  logic       last, next;

  assign last = position_q == 8'd255;
  // x^8+x^6+x^5+x^4+1; the last term puts the state 0 between 0x80 and 0x01, so that all 256 occur
  assign next = state_q[7] ^ state_q[5] ^ state_q[4] ^ state_q[3] ^ (state_q[6:0] == 7'd0);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q     <= 1'b0;
      state_q    <= '0;
      level_q    <= '0;
      position_q <= '0;
    end else if (zeroise_i || (busy_q && bit_ready_i && last)) begin // nothing stays
      busy_q     <= 1'b0;
      state_q    <= '0;
      level_q    <= '0;
      position_q <= '0;
    end else if (!busy_q && request_valid_i) begin
      busy_q  <= 1'b1;
      state_q <= seed_i;
      level_q <= level_i;
    end else if (busy_q && bit_ready_i) begin
      state_q    <= {state_q[6:0], next};
      position_q <= position_q + 8'd1;
    end
  end

  assign request_ready_o = !busy_q;
  assign bit_valid_o     = busy_q;
  assign bit_o           = busy_q && state_q < level_q;
  assign last_o          = busy_q && last;

`ifdef FORMAL // proven by scripts/check_formal, for every input and every number of clocks
  logic kept_q; // neither reset nor zeroised at the last edge

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) kept_q <= 1'b0;
    else kept_q <= !zeroise_i;
  end

  // nothing is left after zeroise, and between conversions
  always_comb if (!kept_q || request_ready_o) assert (!busy_q && state_q == '0 && level_q == '0 && position_q == '0);
`endif

endmodule
