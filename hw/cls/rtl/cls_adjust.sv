// What a crossbar needs that several matrices share: inputs of flipped rows change sign, and the sums of its columns are set
// right. Pins and behaviour: docs/cosim.md; the same, clock by clock, in hw/cls/cls_adjust_cycle.cpp.
module cls_adjust (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               zeroise_i,
  // an input
  input  logic               input_valid_i,
  output logic               input_ready_o,
  input  logic signed [15:0] value_i,
  input  logic               flip_i,
  // what is driven in its place
  output logic               drive_valid_o,
  input  logic               drive_ready_i,
  output logic signed [16:0] drive_o,
  // the sums of the metadata columns
  input  logic               sums_valid_i,
  output logic               sums_ready_o,
  input  logic signed [23:0] rfv_sum_i,
  input  logic signed [23:0] rest_sum_i,
  // the sum of a column
  input  logic               column_valid_i,
  output logic               column_ready_o,
  input  logic signed [23:0] sum_i,
  input  logic               column_flip_i,
  // what it comes to
  output logic               result_valid_o,
  input  logic               result_ready_i,
  output logic signed [25:0] result_o
);

  logic               driving_q, loaded_q, offering_q;
  logic signed [16:0] drive_q;
  logic signed [23:0] rfv_sum_q, rest_sum_q;
  logic signed [25:0] result_q;

  // Signed values, as wide as what is made of them.
  logic signed [16:0] value;
  logic signed [25:0] sum, rfv_sum, rest_sum;

  assign value    = {value_i[15], value_i};
  assign sum      = {{2{sum_i[23]}}, sum_i};
  assign rfv_sum  = {{2{rfv_sum_q[23]}}, rfv_sum_q};
  assign rest_sum = {{2{rest_sum_q[23]}}, rest_sum_q};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      driving_q <= 1'b0;
      drive_q   <= '0;
    end else if (zeroise_i || (driving_q && drive_ready_i)) begin
      driving_q <= 1'b0;
      drive_q   <= '0;
    end else if (!driving_q && input_valid_i) begin
      driving_q <= 1'b1;
      drive_q   <= flip_i ? -value : value;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      offering_q <= 1'b0;
      result_q   <= '0;
    end else if (zeroise_i || (offering_q && result_ready_i)) begin
      offering_q <= 1'b0;
      result_q   <= '0;
    end else if (!offering_q && loaded_q && column_valid_i) begin
      offering_q <= 1'b1;
      result_q   <= column_flip_i ? rest_sum - sum : sum - rfv_sum;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loaded_q   <= 1'b0;
      rfv_sum_q  <= '0;
      rest_sum_q <= '0;
    end else if (zeroise_i) begin
      loaded_q   <= 1'b0;
      rfv_sum_q  <= '0;
      rest_sum_q <= '0;
    end else if (!offering_q && sums_valid_i) begin
      loaded_q   <= 1'b1;
      rfv_sum_q  <= rfv_sum_i;
      rest_sum_q <= rest_sum_i;
    end
  end

  assign input_ready_o  = !driving_q;
  assign drive_valid_o  = driving_q;
  assign drive_o        = drive_q;
  assign sums_ready_o   = !offering_q;
  assign column_ready_o = loaded_q && !offering_q;
  assign result_valid_o = offering_q;
  assign result_o       = result_q;

`ifdef FORMAL // proven by scripts/check_formal, for every input and every number of clocks
  logic kept_q; // neither reset nor zeroised at the last edge

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) kept_q <= 1'b0;
    else kept_q <= !zeroise_i;
  end

  always_comb begin
    // nothing is left after zeroise, nor of a value that was taken
    if (!kept_q) assert (!loaded_q && rfv_sum_q == '0 && rest_sum_q == '0);
    if (!kept_q || input_ready_o) assert (drive_q == '0);
    if (!kept_q || !result_valid_o) assert (result_q == '0);
  end
`endif

endmodule
